// How much a pod asks for, as the scheduler counts it: the sum of its containers, or its largest init container when that is more, plus overhead.
import type { Container, Pod } from '#kinds'
import { quantityMilli, quantityValue } from '#machinery'

/** cpu in thousandths of a core, everything else in its unit (bytes, pieces). */
export type Amounts = ReadonlyMap<string, number>

const amount = (name: string, text: string): number => (name === 'cpu' ? quantityMilli(text) : quantityValue(text))
/** A list of quantities as numbers. */
export const amountsOf = (list: Readonly<Record<string, string>> | undefined): Amounts =>
  new Map(Object.entries(list ?? {}).map(([name, text]) => [name, amount(name, text)]))

const known = new WeakMap<Pod['spec'], Amounts>()

/** What the pod needs of a node, without the place it takes. */
export function requestsOf({ spec, status }: Pod): Amounts {
  const found = known.get(spec)
  if (found) return found
  // A resize that is under way counts with what the containers still hold.
  const allocated = new Map((status?.containerStatuses ?? []).map((s) => [s.name, s.allocatedResources]))
  const of = (c: Container) => {
    const out = new Map<string, number>()
    raise(out, amountsOf(c.resources?.requests as Record<string, string> | undefined))
    raise(out, amountsOf(allocated.get(c.name) as Record<string, string> | undefined))
    return out
  }
  const total = new Map<string, number>(), sidecars = new Map<string, number>(), peak = new Map<string, number>()
  for (const c of spec.containers) add(total, of(c))
  for (const c of spec.initContainers ?? []) {
    const requests = of(c)
    if (c.restartPolicy === 'Always') { add(total, requests); add(sidecars, requests); continue }
    const here = new Map(sidecars)
    add(here, requests)
    raise(peak, here)
  }
  raise(total, peak)
  for (const [name, n] of amountsOf(spec.resources?.requests as Record<string, string> | undefined)) total.set(name, n) // pod-level resources (KEP-2837) stand for the containers'
  add(total, amountsOf(spec.overhead as Record<string, string> | undefined))
  if (!status?.containerStatuses) known.set(spec, total)
  return total
}
export function add(into: Map<string, number>, amounts: Amounts): void { for (const [name, n] of amounts) into.set(name, (into.get(name) ?? 0) + n) }
function raise(into: Map<string, number>, amounts: Amounts): void { for (const [name, n] of amounts) into.set(name, Math.max(into.get(name) ?? 0, n)) }

/** For scoring, a container that asks for nothing counts as a little (100m, 200 MB), so that many such pods spread. */
export function scoredRequests(pod: Pod, name: 'cpu' | 'memory'): number {
  const least = name === 'cpu' ? 100 : 200 * 1024 * 1024
  let sum = 0
  for (const c of pod.spec.containers) { const q = (c.resources?.requests as Record<string, string> | undefined)?.[name]; sum += q === undefined ? least : amount(name, q) }
  return Math.max(sum, requestsOf(pod).get(name) ?? 0)
}
