// What the writing verbs share: reading a body as the stored version, the facts that admission sees, field management, allocation.
import { applyDefaults, type LooseObject, type ResourceName } from '#machinery'
import type { AdmissionOperation } from './admission/admission.ts'
import type { Admitted } from './admit.ts'
import type { RequestAudit } from './audit/auditor.ts'
import { readMetadata, readObject, textOf } from './body.ts'
import { place, type Call } from './core.ts'
import { KnownBodies, type KnownBody } from './known-bodies.ts'
import { bodyEncoding } from './media.ts'
import type { WriteOptions } from './options.ts'
import type { Served } from './served.ts'

/** The body as an object of the stored version, defaulted: a new value. */
export function readBody(call: Call, options: WriteOptions): LooseObject {
  const { request, served, core } = call
  const warn = (text: string) => { call.warnings.push(text) }
  return asStored(served, readObject(request, served, options, core.registry, warn), call.context.audit)
}
/** The body of a create, which is often like one before. */
export function readNew(call: Call, options: WriteOptions): { readonly object: LooseObject; readonly known?: KnownBody | undefined } {
  const { request, request: { body }, served, core: { registry }, warnings, context: { audit } } = call
  if (served.custom || served.convert || !(body instanceof Uint8Array) || options.fieldValidation === 'Ignore' || bodyEncoding(request) !== 'json') return { object: readBody(call, options) }
  let bodies = knownBodies.get(served)
  if (!bodies) knownBodies.set(served, bodies = new KnownBodies())
  const reading = bodies.read(textOf(body), {
    whole(text, heeded) {
      const said: string[] = [], object = readObject(request, served, options, registry, (warning) => { said.push(warning) }, text)
      return { object: heeded ? telling(object, 'metadata', heeded, () => asStored(served, object)) : asStored(served, object), warnings: said }
    },
    metadata: (text) => readMetadata(text, served.schema),
  })
  warnings.push(...reading.warnings)
  audit?.requestObject(reading.object)
  return reading
}
const knownBodies = new WeakMap<Served, KnownBodies>()
/** Does the work, and tells when it looks at a field of the object, or puts something else there. */
function telling<T>(object: LooseObject, field: string, tell: () => void, work: () => T): T {
  let value = object[field]
  Object.defineProperty(object, field, { configurable: true, enumerable: true, get() { tell(); return value }, set(other: unknown) { tell(); value = other } })
  try { return work() } finally { Object.defineProperty(object, field, { configurable: true, enumerable: true, writable: true, value }) }
}

/** Defaults an object in its version and turns it into the stored one; `audit` is shown what a client sent. */
export function asStored(served: Served, object: LooseObject, audit?: RequestAudit): LooseObject {
  if (!served.custom) {
    applyDefaults(served.schema, object)
    served.rules.defaults?.(object, served.features)
  }
  audit?.requestObject(object)
  if (served.custom || !served.convert) return object // custom ones are defaulted when they are read, converted when they are stored
  const stored = served.convert.from(object) as LooseObject
  stored.apiVersion = served.kind.apiVersion
  stored.kind = served.kind.kind
  return stored
}

/** What admission is told of the request. */
export function admitted(call: Call, operation: AdmissionOperation, options: { readonly dryRun: boolean } & object, name = call.info.name): Admitted {
  const { served, info, user } = call
  return {
    operation, verb: info.verb, kind: served.kind, version: served.version, served, registry: call.core.registry, subresource: info.subresource, name, namespace: place(call), user, dryRun: options.dryRun,
    options: options as Readonly<Record<string, unknown>>, query: info.query, warn: (text) => { call.warnings.push(text) }, context: call.context,
  }
}

/** Takes what an object needs before it is stored; the returned function says whether it was. Throws what the allocators throw. */
export function allocate({ core, served, info }: Call, object: LooseObject, old: LooseObject | undefined, dryRun: boolean): (stored: boolean) => void {
  const allocators = info.subresource === '' ? core.allocators.get(served.kind) : undefined
  if (!allocators) return nothingHeld
  const held: ((stored: boolean) => void)[] = []
  try {
    for (const each of allocators) held.push(each.begin(object, old, core.objects, dryRun))
  } catch (error) {
    for (const release of held) release(false)
    throw error
  }
  return (stored) => { for (const release of held) release(stored) }
}
const nothingHeld = () => {}

/** Warnings that the kind's rules have about an object. */
export function warnAbout(call: Call, object: LooseObject, old?: LooseObject): void {
  const { info: { subresource }, served: { kind: { rules } } } = call
  const texts = subresource === 'status' ? rules.statusWarnings?.(object) : subresource === '' || subresource === 'scale' ? rules.warnings?.(object, old) : undefined
  if (texts) call.warnings.push(...texts)
}

/** Writes that lose a race are tried again this often before the client is told. */
export const writeAttempts = 20
export const nameOf = (call: Call): ResourceName => call.served.name
