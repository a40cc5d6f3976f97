// Subresources that are the object itself, of which only a part may be changed: ephemeral containers, resizing, approval, finalizers.
import { copy, type LooseObject } from '#machinery'
import { get } from '../list.ts'
import { patch } from '../patch.ts'
import { update, type Adopt } from '../update.ts'
import type { Subresource } from './subresource.ts'

/** A subresource whose GET is the object, and whose PUT and PATCH take over what `adopt` lets through. */
/** `late`: the fields of all that was asked for are tracked, also of what is not let through. */
export const adopted = (name: string, kind: string, adopt: Adopt, { verbs = ['get', 'patch', 'update'], late = false }: { verbs?: readonly string[]; late?: boolean } = {}): Subresource => ({
  name, type: { group: '', version: '', kind }, verbs,
  handle: (call) => (call.info.verb === 'get' ? get(call) : call.info.verb === 'patch' ? patch(call, ...when(adopt, late)) : update(call, ...when(adopt, late))),
})
const when = (adopt: Adopt, late: boolean): [Adopt | undefined, Adopt | undefined] => (late ? [undefined, adopt] : [adopt, undefined])

/** pods/ephemeralcontainers: containers to debug with. */
export const ephemeralContainers = adopted('ephemeralcontainers', 'Pod', (given, old) =>
  ({ ...kept(given, old), spec: { ...copy(old.spec), ephemeralContainers: given.spec?.ephemeralContainers } }))

/** pods/resize: what running containers, and the pod as a whole, may use. Other containers than there are stand as they were given: validation refuses them. */
export const resize = adopted('resize', 'Pod', (given, old) => {
  const spec = copy(old.spec) as Resized, wish = (given.spec ?? {}) as Partial<Resized>
  take(spec, wish, 'resources')
  for (const list of ['containers', 'initContainers'] as const) {
    const now = wish[list] ?? [], containers = spec[list] ?? []
    if (now.length !== containers.length || now.some(({ name }, i) => name !== containers[i]!.name)) return given
    for (const [i, container] of containers.entries()) for (const field of ['resources', 'resizePolicy'] as const) take(container, now[i]!, field)
  }
  const { managedFields } = given.metadata, { metadata, ...rest } = kept(given, old)
  return { ...rest, metadata: { ...metadata, ...(managedFields && { managedFields }) }, spec }
}, { late: true })
interface ResizedContainer { name: string; resources?: unknown; resizePolicy?: unknown }
interface Resized { resources?: unknown; containers: ResizedContainer[]; initContainers?: ResizedContainer[] }
function take<T extends object>(into: T, from: Partial<T>, field: keyof T): void {
  if (from[field] === undefined) delete into[field]
  else into[field] = from[field] as T[keyof T]
}

/** certificatesigningrequests/approval: the conditions, whatever they are, and nothing else of the status. */
export const approval = adopted('approval', 'CertificateSigningRequest', (given, old) => {
  const { conditions: _, ...rest } = copy(old.status ?? {}) as { conditions?: unknown }
  const { conditions = [] } = (given.status ?? {}) as { conditions?: readonly object[] }
  return { ...copy(old), metadata: given.metadata, status: { ...rest, ...(conditions.length > 0 && { conditions }) } }
})

/** namespaces/finalize: what holds a namespace back. */
export const finalize = adopted('finalize', 'Namespace', (given, old) => ({ ...given, status: copy(old.status) }), { verbs: ['update'] })

/** Everything of the old object but what clients may always say: its version and uid. */
function kept(given: LooseObject, old: LooseObject): LooseObject {
  const { resourceVersion, uid } = given.metadata
  return { ...copy(old), metadata: { ...copy(old.metadata), resourceVersion, uid } }
}
