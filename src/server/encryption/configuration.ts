// EncryptionConfiguration (apiserver.config.k8s.io/v1): which resources are kept unreadable, and how. Errors come in the reference's words.
import { invalidValue, quote, requiredValue, s, type FieldError, type Infer } from '#machinery'
import { readConfiguration, type ConfigurationKind } from '../configuration-file.ts'

const keys = s.object('AESConfiguration', { keys: s.list(s.object('Key', { name: s.string(), secret: s.string() })) })
const kms = s.object('KMSConfiguration', { apiVersion: s.string(), name: s.string(), cachesize: s.int({ keepEmpty: true }), endpoint: s.string(), timeout: s.string() })
const provider = s.object('ProviderConfiguration', { aesgcm: keys, aescbc: keys, secretbox: keys, identity: s.object('IdentityConfiguration', {}), kms })
const schema = s.object('EncryptionConfiguration', { resources: s.list(s.object('ResourceConfiguration', { resources: s.list(s.string()), providers: s.list(provider) })) })
type Provider = Infer<typeof provider>
type Kms = Infer<typeof kms>
type Configuration = Infer<typeof schema>
const encryptionConfiguration: ConfigurationKind<Configuration> = { kind: 'EncryptionConfiguration', apiVersions: ['apiserver.config.k8s.io/v1', 'v1'], schema }

/** One way of keeping values, as the configuration says it. */
export type ProviderPlan =
  | { readonly type: 'identity' }
  | { readonly type: 'aescbc' | 'aesgcm' | 'secretbox'; readonly keys: readonly { readonly name: string; readonly secret: Uint8Array }[] }
  | { readonly type: 'kms'; readonly version: 'v1' | 'v2'; readonly name: string; /** Path of a unix socket. */ readonly socket: string; readonly timeoutMs: number }
/** `group` and `resource` may be `*`. */
export interface ResourcePlan { readonly group: string; readonly resource: string; readonly providers: readonly ProviderPlan[] }

export interface Circumstances {
  /** Whether the KMSv1 feature gate is on. */
  readonly kmsV1: boolean
  /** Whether the file is read again when it changes. */
  readonly reload: boolean
}
const defaultTimeoutMs = 3000

/** What a configuration file asks for. Throws an Error with all that is wrong with it. */
export function readEncryption(text: string, { kmsV1, reload }: Circumstances): ResourcePlan[] {
  const configuration = readConfiguration(text, encryptionConfiguration)
  const errors = validate(configuration, reload), lines = [...new Set(errors.map((e) => `${e.field}: ${e.message}`))]
  if (lines.length > 0) throw new Error(lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`)
  const plans = new Map<string, ResourcePlan>()
  for (const { resources = [], providers = [] } of configuration.resources ?? []) {
    for (const name of resources) {
      const { group, resource } = parse(name), masking = [`*.${group}`, '*.*'].find((m) => plans.has(m))
      if (masking !== undefined) throw new Error(`resource ${quote(shown(group, resource))} is masked by earlier rule ${quote(masking)}`)
      const key = `${resource}.${group}`, before = plans.get(key)
      plans.set(key, { group, resource, providers: [...before?.providers ?? [], ...providers.map((each) => planOf(each, kmsV1))] })
    }
  }
  return [...plans.values()]
}

/** The providers of a resource: its own, those of its group, those of everything; undefined when there are none. */
export function providersFor<P extends Pick<ResourcePlan, 'group' | 'resource'>>(plans: readonly P[], group: string, resource: string): P | undefined {
  return plans.find((p) => p.group === group && p.resource === resource) ?? plans.find((p) => p.group === group && p.resource === '*') ??
    plans.find((p) => p.group === '*' && p.resource === '*')
}

function planOf({ aescbc, aesgcm, secretbox, kms: service }: Provider, kmsV1: boolean): ProviderPlan {
  const decoded = (given: NonNullable<typeof aescbc>) => (given.keys ?? []).map(({ name = '', secret = '' }) => ({ name, secret: decode(secret)! }))
  if (aescbc) return { type: 'aescbc', keys: decoded(aescbc) }
  if (aesgcm) return { type: 'aesgcm', keys: decoded(aesgcm) }
  if (secretbox) return { type: 'secretbox', keys: decoded(secretbox) }
  if (!service) return { type: 'identity' }
  const version = service.apiVersion === 'v2' ? 'v2' : 'v1'
  if (version === 'v1' && !kmsV1)
    throw new Error('KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.')
  return { type: 'kms', version, name: service.name ?? '', socket: socketOf(service.endpoint ?? ''), timeoutMs: timeoutOf(service) ?? defaultTimeoutMs }
}
/** `unix:///run/kms.sock`; `unix:///@name` is an abstract one. */
const socketOf = (endpoint: string): string => endpoint.replace(/^unix:(?:\/\/)?/, '')

const parse = (name: string): { group: string; resource: string } => {
  const at = name.indexOf('.')
  return at < 0 ? { group: '', resource: name } : { group: name.slice(at + 1), resource: name.slice(0, at) }
}
const shown = (group: string, resource: string): string => (group === '' && resource !== '*' ? resource : `${resource}.${group}`)
/** undefined when it is no standard base64. */
function decode(text: string): Uint8Array | undefined {
  const clean = text.replace(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(clean)) return undefined
  return Uint8Array.from(atob(clean), (c) => c.charCodeAt(0))
}

function validate({ resources = [] }: Configuration, reload: boolean): FieldError[] {
  if (resources.length === 0) return [requiredValue('resources', 'at least one resources is required')]
  const kmsNames = new Set<string>()
  return resources.flatMap(({ resources: names = [], providers = [] }, i) => {
    const at = `resources[${i}]`
    return [
      ...(names.length === 0 ? [requiredValue(`${at}.resources`, `at least one ${at}.resources is required`)] : []),
      ...overlaps(names, `${at}.resources`), ...names.flatMap((name, j) => nameErrors(name, `${at}.resources[${j}]`)),
      ...(providers.length === 0 ? [requiredValue(`${at}.providers`, `at least one ${at}.providers is required`)] : []),
      ...providers.flatMap((each, j) => providerErrors(each, `${at}.providers[${j}]`, kmsNames, reload)),
    ]
  })
}

function overlaps(names: readonly string[], at: string): FieldError[] {
  const all = names.map(parse), pairs = all.flatMap((a, i) => all.filter((_, j) => i !== j).map((b) => [a, b] as const)),
    same = (a: typeof all[0], b: typeof all[0]) => a.group === b.group && a.resource === b.resource
  const isDouble = pairs.some(([a, b]) => same(a, b))
  const isMasked = pairs.some(([a, b]) => !same(a, b) && ((a.group === '*' && a.resource === '*') || (a.group === b.group && (a.resource === '*' || b.resource === '*'))))
  return [...(isDouble ? [invalidValue(at, names, 'the same resource cannot be specified multiple times')] : []),
    ...(isMasked ? [invalidValue(at, names, "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked")] : [])]
}

function nameErrors(name: string, at: string): FieldError[] {
  const { group, resource } = parse(name)
  const why = name !== name.toLowerCase() ? 'resource name should not contain capital letters' : name === '*'
    ? "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
    : ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'].includes(name) ? 'resources which do not have REST API/s cannot be encrypted'
      : group === 'events.k8s.io' ? "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file" : group === 'extensions'
        ? "'extensions' group has been removed and cannot be used for encryption"
        : group === '*' && resource !== '*' ? 'encrypting the same resource across groups is not supported' : undefined
  return why === undefined ? [] : [invalidValue(at, name, why)]
}

const sizes = { aesgcm: [16, 24, 32], aescbc: [16, 24, 32], secretbox: [32] } as const
function providerErrors(each: Provider, at: string, kmsNames: Set<string>, reload: boolean): FieldError[] {
  const given = (['kms', 'aesgcm', 'aescbc', 'secretbox', 'identity'] as const).filter((type) => each[type] !== undefined)
  if (given.length === 0) return [invalidValue(at, each, 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity')]
  if (given.length > 1) return [invalidValue(at, Object.fromEntries(given.map((type) => [type, {}])),
    'more than one provider specified in a single element, should split into different list elements')]
  const [type] = given
  if (type === 'identity') return []
  if (type === 'kms') {
    const errors = kmsErrors(each.kms!, `${at}.kms`, kmsNames, reload)
    kmsNames.add(each.kms!.name ?? '')
    return errors
  }
  const list = each[type!]!.keys ?? [], path = `${at}.${type}.keys`
  return list.length === 0 ? [requiredValue(path, 'at least one keys is required')] : list.flatMap((key, i) => keyErrors(key, `${path}[${i}]`, sizes[type as keyof typeof sizes]))
}

function keyErrors({ name = '', secret = '' }: { name?: string; secret?: string }, at: string, fitting: readonly number[]): FieldError[] {
  const errors = name === '' ? [requiredValue(`${at}.name`, 'name is a mandatory field for a key')] : []
  if (secret === '') return [...errors, requiredValue(`${at}.secret`, 'secret is a mandatory field for a key')]
  const bytes = decode(secret)
  if (!bytes) return [...errors, invalidValue(`${at}.secret`, 'REDACTED', 'secrets must be base64 encoded')]
  return fitting.includes(bytes.length) ? errors : [...errors,
    invalidValue(`${at}.secret`, 'REDACTED', `secret is not of the expected length, got ${bytes.length}, expected one of [${fitting.join(' ')}]`)]
}

function kmsErrors(service: Kms, at: string, names: ReadonlySet<string>, reload: boolean): FieldError[] {
  const { apiVersion = 'v1', name = '', endpoint = '', cachesize } = service, errors: FieldError[] = [], timeout = timeoutOf(service)
  if (name === '') errors.push(requiredValue(`${at}.name`, 'name is a mandatory field for a provider'))
  if (apiVersion !== 'v1' && name.includes(':')) errors.push(invalidValue(`${at}.name`, name, `invalid KMS provider name ${name}, must not contain ':'`))
  if ((reload || apiVersion !== 'v1') && names.has(name)) errors.push(invalidValue(`${at}.name`, name, `duplicate KMS provider name ${name}, names must be unique`))
  if (timeout !== undefined && !(timeout > 0)) errors.push(invalidValue(`${at}.timeout`, service.timeout, 'timeout should be a positive value'))
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(endpoint)?.[1] ?? ''
  if (endpoint === '') errors.push(invalidValue(`${at}.endpoint`, '', 'endpoint is a mandatory field for a kms'))
  else if (scheme !== 'unix') errors.push(invalidValue(`${at}.endpoint`, endpoint, `unsupported scheme ${quote(scheme)} for KMS provider, only unix is supported`))
  if (apiVersion !== 'v1' && cachesize !== undefined) errors.push(invalidValue(`${at}.cachesize`, cachesize, 'cachesize is not supported in v2'))
  if (apiVersion === 'v1' && cachesize === 0) errors.push(invalidValue(`${at}.cachesize`, cachesize, 'cachesize should be a positive value, or negative to disable'))
  if (apiVersion !== 'v1' && apiVersion !== 'v2') errors.push(invalidValue(`${at}.apiVersion`, apiVersion,
    'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported'))
  return errors
}
/** Milliseconds of a Go duration; NaN when it is none, undefined when there is none. */
function timeoutOf({ timeout }: Kms): number | undefined {
  if (timeout === undefined) return undefined
  if (!/^-?(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(timeout)) return timeout === '0' ? 0 : NaN
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  const ms = [...timeout.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0)
  return timeout.startsWith('-') ? -ms : ms
}
