// Extended resources that devices stand for (KEP-5004): a pod asks for them as for any resource, a class of devices says that it gives them.
import type { Container, ContainerExtendedResourceRequest, DeviceClass, DeviceRequest, Pod } from '#kinds'
import { isExtended } from '../resources.ts'

/** Before the name of a class: the resource that every class stands for without saying so. */
const implicitPrefix = 'deviceclass.resource.kubernetes.io/'

/** The class that gives the resource; of several that say so, the youngest. */
export function classFor(resource: string, classes: readonly DeviceClass[]): DeviceClass | undefined {
  if (resource.startsWith(implicitPrefix)) return classes.find(({ metadata }) => metadata.name === resource.slice(implicitPrefix.length))
  if (!isExtended(resource)) return undefined
  return classes.filter(({ spec }) => spec.extendedResourceName === resource).toSorted((a, b) => younger(a, b))[0]
}
const younger = ({ metadata: a }: DeviceClass, { metadata: b }: DeviceClass): number => (a.creationTimestamp !== b.creationTimestamp ? (a.creationTimestamp > b.creationTimestamp ? -1 : 1) : a.name < b.name ? -1 : 1)

export interface Asked { readonly requests: readonly DeviceRequest[]; readonly mappings: readonly ContainerExtendedResourceRequest[] }
interface One { readonly name: string; readonly count: number }

/** One request for each container and resource. Init containers use what those after them ask for, and share what they need beyond. */
export function requestsFor({ spec }: Pod, resources: readonly string[], classOf: (resource: string) => DeviceClass | undefined): Asked {
  const containers: readonly Container[] = [...spec.initContainers ?? [], ...spec.containers], inits = spec.initContainers?.length ?? 0
  const isShort = (i: number) => i < inits && containers[i]!.restartPolicy !== 'Always'
  const requests: DeviceRequest[] = [], mappings: ContainerExtendedResourceRequest[] = []
  for (const resource of resources.toSorted()) {
    const deviceClass = classOf(resource)
    if (!deviceClass) continue
    const long: (One | undefined)[] = containers.map((container, i) => {
      const count = isShort(i) ? 0 : countOf(container, resource)
      if (count === 0) return undefined
      const name = nameOf(container, i, resource)
      mappings.push({ containerName: container.name, resourceName: resource, requestName: name })
      return { name, count }
    })
    const short: { readonly container: Container; readonly reused: readonly One[]; readonly own: One | undefined }[] = []
    for (const [i, container] of containers.entries()) {
      const count = isShort(i) ? countOf(container, resource) : 0, reused: One[] = []
      if (count === 0) continue
      let left = count
      for (const one of long.slice(i)) if (one && left > 0) { reused.push(one); left -= one.count }
      short.push({ container, reused, own: left > 0 ? { name: nameOf(container, i, resource), count: left } : undefined })
    }
    const shared = short.reduce<One | undefined>((most, { own }) => (own && (!most || own.count > most.count) ? own : most), undefined)
    for (const { container, reused, own } of short)
      for (const { name } of [...reused, ...(own && shared ? [shared] : [])]) mappings.push({ containerName: container.name, resourceName: resource, requestName: name })
    for (const one of [shared, ...long]) if (one) requests.push({ name: one.name, exactly: { deviceClassName: deviceClass.metadata.name, allocationMode: 'ExactCount', count: one.count } })
  }
  return { requests: requests.toSorted((a, b) => (a.name < b.name ? -1 : 1)), mappings }
}
const asked = ({ resources }: Container): Readonly<Record<string, string>> => (resources?.requests ?? {}) as Readonly<Record<string, string>>
const countOf = (container: Container, resource: string): number => { const n = Number(asked(container)[resource] ?? 0); return Number.isInteger(n) ? n : 0 }
const nameOf = (container: Container, index: number, resource: string): string => `container-${index}-request-${Object.keys(asked(container)).sort().indexOf(resource)}`
