// Pods that wait for a node on which room is being made for them: to less important pods they count as if they were there.
import { sameToRules, type PodInfo } from '../pod-info.ts'

const nobody: readonly PodInfo[] = []

export class Nominator {
  readonly #byNode = new Map<string, Map<string, PodInfo>>()
  readonly #nodeOf = new Map<string, string>()
  readonly #changed: (node: string) => void

  /** `changed` is told of each node for which something changes. */
  constructor(changed: (node: string) => void = () => {}) { this.#changed = changed }

  /** The pod's nominated node; '' or undefined: none. */
  set(pod: PodInfo, node: string | undefined): void {
    const held = node && this.#nodeOf.get(pod.uid) === node ? this.#byNode.get(node)?.get(pod.uid) : undefined
    if (held && sameToRules(held, pod)) { this.#byNode.get(node!)!.set(pod.uid, pod); return }
    this.delete(pod.uid)
    if (!node) return
    this.#nodeOf.set(pod.uid, node)
    this.#changed(node)
    const there = this.#byNode.get(node)
    if (there) there.set(pod.uid, pod)
    else this.#byNode.set(node, new Map([[pod.uid, pod]]))
  }
  delete(uid: string): void {
    const node = this.#nodeOf.get(uid)
    if (node === undefined) return
    this.#nodeOf.delete(uid)
    const there = this.#byNode.get(node)!
    there.delete(uid)
    if (there.size === 0) this.#byNode.delete(node)
    this.#changed(node)
  }
  nodeOf(uid: string): string | undefined { return this.#nodeOf.get(uid) }
  all(node: string): readonly PodInfo[] { return [...this.#byNode.get(node)?.values() ?? nobody] }
  /** Those on the node that are at least as important as this pod. */
  on(node: string, pod: PodInfo): readonly PodInfo[] {
    if (this.#byNode.size === 0) return nobody
    const there = this.#byNode.get(node)
    return there ? [...there.values()].filter((other) => other.priority >= pod.priority && other.uid !== pod.uid) : nobody
  }
}
