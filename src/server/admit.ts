// Running the admission plugins over one write.
import type { Kind, LooseObject, User } from '#machinery'
import type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin } from './admission/admission.ts'
import type { ObjectReader } from './object-reader.ts'

/** A write, as far as it does not change while it is admitted. */
export interface Admitted {
  readonly operation: AdmissionOperation
  readonly kind: Kind
  readonly version: string
  readonly subresource: string
  readonly name: string
  readonly namespace: string
  readonly user: User
  readonly dryRun: boolean
  readonly options: Readonly<Record<string, unknown>>
  readonly warn: (text: string) => void
}
interface Chosen { readonly mutating: readonly AdmissionPlugin[]; readonly validating: readonly AdmissionPlugin[] }

export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[]
  readonly #objects: ObjectReader
  /** Kinds come and go: what was worked out for one goes with it. */
  readonly #chosen = new WeakMap<Kind, Map<string, Chosen>>()

  constructor(plugins: readonly AdmissionPlugin[], objects: ObjectReader) {
    this.#plugins = plugins
    this.#objects = objects
  }

  /** Lets every plugin that cares change the object; throws the first refusal. */
  async mutate(write: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): Promise<void> {
    const { mutating } = this.#for(write)
    if (mutating.length === 0) return
    const attributes = this.#attributes(write, object, old)
    for (const plugin of mutating) { const slow = plugin.mutate!(attributes); if (slow) await slow }
  }

  /** Asks every plugin that cares; throws the first refusal. */
  async validate(write: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): Promise<void> {
    const { validating } = this.#for(write)
    if (validating.length === 0) return
    const attributes = this.#attributes(write, object, old)
    for (const plugin of validating) { const slow = plugin.validate!(attributes); if (slow) await slow }
  }

  #attributes({ warn, ...write }: Admitted, object: LooseObject | undefined, old: LooseObject | undefined): AdmissionAttributes {
    return { ...write, object, old, objects: this.#objects, warn, annotate() {} }
  }

  #for({ operation, kind, subresource }: Admitted): Chosen {
    let byKind = this.#chosen.get(kind)
    if (!byKind) { byKind = new Map(); this.#chosen.set(kind, byKind) }
    const key = subresource === '' ? operation : `${operation}/${subresource}`
    let chosen = byKind.get(key)
    if (!chosen) {
      const caring = this.#plugins.filter((p) => p.handles(operation, kind, subresource))
      chosen = { mutating: caring.filter((p) => p.mutate), validating: caring.filter((p) => p.validate) }
      byKind.set(key, chosen)
    }
    return chosen
  }
}
