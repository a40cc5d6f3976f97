// What a cluster has from its first moment: the system namespaces, the bootstrap roles and bindings, flow control and priority classes, the first
// service range, and the `kubernetes` service that leads back to the API server. Every start makes what is missing and mends what may be mended.
import { kinds, namespace } from '#kinds'
import { ApiError, is, same, type ApiHandler, type Features, type Kind, type LooseObject, type Status } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { nthAddress, type Range } from '../services/addresses.ts'
import { systemUser } from '../system-user.ts'
import { withGatedRoles, type BootstrapObject } from './gated-roles.ts'
import { mendRole } from './mend-roles.ts'
import defaults from './objects.json' with { type: 'json' }

export interface BootstrapOptions {
  readonly handler: ApiHandler
  readonly objects: ObjectReader
  /** Feature gates that are on: some bring roles. */
  readonly features?: Features
  readonly serviceRange: Range
  /** Where agents and pods reach the API server. */
  readonly advertise: { readonly address: string; readonly port: number }
  /** PEM of the client and front-proxy authorities, for extension API servers. */
  readonly clientCa: string
  readonly frontProxyCa?: string
  /** How authenticating proxies are told apart, and what they say. */
  readonly frontProxyNames?: FrontProxyNames
  /** The day, as in 2026-01-31, on which this cluster began to note when tokens in Secrets are used; absent: it does not say. */
  readonly today?: string
}

const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'default']

export interface FrontProxyNames {
  readonly allowedNames: readonly string[]
  readonly usernameHeaders: readonly string[]
  readonly uidHeaders: readonly string[]
  readonly groupHeaders: readonly string[]
  readonly extraHeadersPrefix: readonly string[]
}
/** As kubeadm sets them. */
export const frontProxyNames: FrontProxyNames = { allowedNames: ['front-proxy-client'], usernameHeaders: ['X-Remote-User'], uidHeaders: ['X-Remote-Uid'], groupHeaders: ['X-Remote-Group'], extraHeadersPrefix: ['X-Remote-Extra-'] }

/** Runs before the server says that it is ready. Throws the first ApiError that is not a lost race. */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const api = writer(options)
  await Promise.all(systemNamespaces.map((name) => api.ensure({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })))
  await Promise.all([
    ...withGatedRoles(defaults as readonly BootstrapObject[], options.features ?? new Set()).map((object) => api.ensure(object, mendRole)),
    api.ensure({ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'kubernetes' }, spec: { cidrs: [options.serviceRange.cidr] } }),
    api.ensure(authenticationConfig(options), replaceData),
    ...(options.today ? [api.ensure({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' }, data: { since: options.today } })] : []),
    api.ensure(kubernetesService(options)),
  ])
  await Promise.all([api.ensure(kubernetesEndpoints(options), replaceAll(['subsets'])), api.ensure(kubernetesSlice(options), replaceAll(['endpoints', 'ports']))])
}

const kubernetesService = ({ serviceRange, advertise }: BootstrapOptions) => ({
  apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: { clusterIP: nthAddress(serviceRange, 1), clusterIPs: [nthAddress(serviceRange, 1)], internalTrafficPolicy: 'Cluster', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack',
    ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: advertise.port }], sessionAffinity: 'None', type: 'ClusterIP' },
})
const kubernetesEndpoints = ({ advertise }: BootstrapOptions) => ({
  apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
  subsets: [{ addresses: [{ ip: advertise.address }], ports: [{ name: 'https', port: advertise.port, protocol: 'TCP' }] }],
})
const kubernetesSlice = ({ advertise }: BootstrapOptions) => ({
  apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
  addressType: 'IPv4', endpoints: [{ addresses: [advertise.address], conditions: { ready: true } }], ports: [{ name: 'https', port: advertise.port, protocol: 'TCP' }],
})
const authenticationConfig = ({ clientCa, frontProxyCa, frontProxyNames: names = frontProxyNames }: Authorities) => ({
  apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
  data: { 'client-ca-file': clientCa, ...(frontProxyCa && { 'requestheader-client-ca-file': frontProxyCa, 'requestheader-allowed-names': JSON.stringify(names.allowedNames),
    'requestheader-extra-headers-prefix': JSON.stringify(names.extraHeadersPrefix), 'requestheader-group-headers': JSON.stringify(names.groupHeaders), 'requestheader-uid-headers': JSON.stringify(names.uidHeaders),
    'requestheader-username-headers': JSON.stringify(names.usernameHeaders) }) },
})
type Authorities = Pick<BootstrapOptions, 'clientCa' | 'frontProxyCa' | 'frontProxyNames'>
/** Tells extension servers whom this server believes now. */
export const publishAuthorities = (options: Pick<BootstrapOptions, 'handler' | 'objects'> & Authorities): Promise<void> => writer(options).ensure(authenticationConfig(options), replaceData)

/** What to store in place of `stored`; `anew`: it is deleted and made again; undefined: it may stay as it is. */
type Mend = (stored: LooseObject, wanted: LooseObject) => LooseObject | 'anew' | undefined

const replaceData: Mend = (stored, wanted) => (same(stored['data'], wanted['data']) ? undefined : { ...stored, data: wanted['data'] })
const replaceAll = (fields: readonly string[]): Mend => (stored, wanted) =>
  (fields.every((f) => same(stored[f], wanted[f])) ? undefined : { ...stored, ...Object.fromEntries(fields.map((f) => [f, wanted[f]])) })

function writer({ handler, objects }: Pick<BootstrapOptions, 'handler' | 'objects'>) {
  const send = async (method: 'POST' | 'PUT' | 'DELETE', path: string, object?: unknown) => {
    const answer = await handler({ method, path, query: 'fieldManager=kube-apiserver', headers: { 'content-type': 'application/json' }, body: object === undefined ? undefined : { object }, user: systemUser, direct: true })
    if (answer.status >= 400) throw ApiError.from((answer.body.type === 'value' ? answer.body.value : { message: `${method} ${path}: ${answer.status}`, code: answer.status }) as Status)
  }
  return {
    async ensure(object: object, mend?: Mend): Promise<void> {
      const wanted = object as LooseObject, kind = kindOf(wanted), { name, namespace: where } = wanted.metadata
      const stored = objects.get(kind, name, where) as LooseObject | undefined
      try {
        if (!stored) return await send('POST', pathOf(kind, where), wanted)
        const next = mend?.(stored, wanted)
        if (next === 'anew') {
          await send('DELETE', `${pathOf(kind, where)}/${name}`)
          await send('POST', pathOf(kind, where), wanted)
        } else if (next) await send('PUT', `${pathOf(kind, where)}/${name}`, next)
      } catch (error) {
        if (!is(error, 'AlreadyExists') && !is(error, 'Conflict')) throw error // another server was quicker
      }
    },
  }
}
const byType = new Map(kinds.map((k) => [`${k.apiVersion}/${k.kind}`, k]))
function kindOf({ apiVersion, kind }: LooseObject): Kind {
  const found = byType.get(`${apiVersion}/${kind}`)
  if (!found) throw new Error(`no kind ${kind} in ${apiVersion}`)
  return found
}
const pathOf = (kind: Kind, where: string | undefined) => `${kind.group ? `/apis/${kind.group}` : '/api'}/${kind.version}${kind.namespaced ? `/namespaces/${where}` : ''}/${kind.resource}`

/** Whether the system namespaces are there (a data directory that was set up before). */
export const isBootstrapped = (objects: ObjectReader): boolean => systemNamespaces.every((name) => objects.get(namespace, name) !== undefined)
