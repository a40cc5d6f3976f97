// How much a pod asks for, as the scheduler counts it: the sum of its containers, or its largest init container when that is more, plus overhead.
import type { Container, Pod } from '#kinds'
import { quantityMilli, quantityValue } from '#machinery'

/** cpu in thousandths of a core, everything else in its unit (bytes, pieces). */
export class Resources {
  cpu = 0
  memory = 0
  storage = 0
  pods = 0
  readonly scalars = new Map<string, number>()

  get(name: string): number {
    switch (name) {
      case 'cpu': return this.cpu
      case 'memory': return this.memory
      case 'ephemeral-storage': return this.storage
      case 'pods': return this.pods
      default: return this.scalars.get(name) ?? 0
    }
  }
  set(name: string, n: number): void {
    switch (name) {
      case 'cpu': this.cpu = n; break
      case 'memory': this.memory = n; break
      case 'ephemeral-storage': this.storage = n; break
      case 'pods': this.pods = n; break
      default: this.scalars.set(name, n)
    }
  }
  add(other: Resources, by: 1 | -1 = 1): void {
    this.cpu += by * other.cpu
    this.memory += by * other.memory
    this.storage += by * other.storage
    if (other.scalars.size > 0) for (const [name, n] of other.scalars) this.scalars.set(name, (this.scalars.get(name) ?? 0) + by * n)
  }
  raise(other: Resources): void {
    this.cpu = Math.max(this.cpu, other.cpu)
    this.memory = Math.max(this.memory, other.memory)
    this.storage = Math.max(this.storage, other.storage)
    for (const [name, n] of other.scalars) this.scalars.set(name, Math.max(this.scalars.get(name) ?? 0, n))
  }
}
type Quantities = Readonly<Record<string, string>> | undefined

/** A list of quantities as numbers. */
export function resourcesOf(list: object | undefined): Resources {
  const out = new Resources()
  for (const [name, text] of Object.entries((list ?? {}) as NonNullable<Quantities>)) out.set(name, name === 'cpu' ? quantityMilli(text) : quantityValue(text))
  return out
}

/** For scoring, a container that asks for nothing counts as a little, so that many such pods spread. */
export const scoredDefaults = { cpu: 100, memory: 200 * 1024 * 1024 }

/**
 * What the pod needs of a node, without the place it takes. While a resize is under way, the most of what is asked for, granted and in
 * force counts; when it is infeasible, what is asked for does not. `scored`: with the defaults for containers that ask for nothing.
 */
export function podRequests({ spec, status }: Pod, scored = false): Resources {
  const infeasible = status?.conditions?.some((c) => c.type === 'PodResizePending' && c.reason === 'Infeasible') ?? false
  const of = (c: Container): Resources => {
    const held = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((s) => s.name === c.name)
    const asked = inForce(c.resources?.requests, held?.resources?.requests, held?.resources && held.allocatedResources, infeasible)
    if (scored) {
      if (!c.resources?.requests || !('cpu' in c.resources.requests)) asked.cpu = Math.max(asked.cpu, scoredDefaults.cpu)
      if (!c.resources?.requests || !('memory' in c.resources.requests)) asked.memory = Math.max(asked.memory, scoredDefaults.memory)
    }
    return asked
  }
  const total = new Resources(), sidecars = new Resources(), peak = new Resources()
  for (const c of spec.containers) total.add(of(c))
  for (const c of spec.initContainers ?? []) {
    const here = of(c)
    if (c.restartPolicy === 'Always') { total.add(here); sidecars.add(here); peak.raise(sidecars); continue }
    here.add(sidecars)
    peak.raise(here)
  }
  total.raise(peak)
  // Requests of the pod as a whole (KEP-2837) stand for those of its containers.
  if (spec.resources?.requests) {
    const whole = inForce(spec.resources.requests, status?.resources?.requests, status?.resources && status.allocatedResources, infeasible)
    for (const name of Object.keys(spec.resources.requests)) if (isPodLevel(name)) total.set(name, whole.get(name))
  }
  if (spec.overhead) total.add(resourcesOf(spec.overhead))
  total.pods = 0
  return total
}
const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')

function inForce(asked: object | undefined, held: object | undefined, granted: object | undefined, infeasible: boolean): Resources {
  const out = infeasible && held ? new Resources() : resourcesOf(asked)
  if (held) out.raise(resourcesOf(held))
  if (granted) out.raise(resourcesOf(granted))
  return out
}

/** An extended resource has a domain that is not Kubernetes' own. */
export const isExtended = (name: string): boolean => name.includes('/') && !/^(?:[^/]*\.)?kubernetes\.io\//.test(name) && !name.startsWith('requests.')
