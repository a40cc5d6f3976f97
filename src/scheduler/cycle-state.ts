// One pod's way through the framework, and what plugins leave on it for each other and for themselves.
import type { Pod } from '#kinds'
import type { NodeTest, Plugin } from './framework.ts'
import type { PodInfo } from './pod-info.ts'

export interface StateKey<T> { readonly name: string; readonly type?: (value: T) => void }
/** A key for what a plugin remembers about a pod, with its type. */
export const stateKey = <T>(name: string): StateKey<T> => ({ name })

export type Tests = readonly { readonly plugin: Plugin; readonly test: NodeTest }[]

export class Cycle {
  readonly pod: PodInfo
  /** The tests of the plugins that have something to say, in order. */
  tests: Tests = []
  /** The first ones, which are `local`: their answers hold for other pods of the same signature. And the rest. */
  local: Tests = []
  others: Tests = []
  /** Plugins that gave no opinion in preFilter. */
  readonly skipped = new Set<Plugin>()
  /** Put into the active queue when this pod has got its node. */
  readonly activate = new Set<Pod>()
  readonly #dependsOn: string[] = []
  #localSignature: string | undefined
  readonly #values = new Map<StateKey<never>, unknown>()

  constructor(pod: PodInfo) { this.pod = pod }
  /** The same for pods whose local tests say the same of a node; asked for when the tests are there. */
  get localSignature(): string { return this.#localSignature ??= `${this.local.length} ${this.#dependsOn.join()} ${this.pod.signature}` }
  /** A local test looks at this too, besides the node and what the pod's signature stands for. */
  dependOn(what: string): void { this.#dependsOn.push(what) }
  read<T>(key: StateKey<T>): T | undefined { return this.#values.get(key as StateKey<never>) as T | undefined }
  write<T>(key: StateKey<T>, value: T): void { this.#values.set(key as StateKey<never>, value) }
}
