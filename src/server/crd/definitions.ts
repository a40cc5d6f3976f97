// Follows the definitions of custom resources: tells the registry what each serves, keeps their status, and empties those that go.
import { cleanupFinalizer, customResourceDefinition, type CustomResourceDefinition } from '#kinds'
import { copy, formatTime, same, updateManagedFields, type LooseObject } from '#machinery'
import type { Core } from '../core.ts'
import { converterOf } from './conversion.ts'
import { emptied, type Cleanup } from './cleanup.ts'
import { isTrue, nextStatus, takenIn, withCondition, type Condition } from './conditions.ts'
import { ending, serve } from './serve.ts'

const component = 'kube-apiserver'
/** A write that loses a race is tried again this often; the change that won will bring us back anyway. */
const attempts = 5

export class Definitions {
  readonly #core: Core
  /** Without their schemas. */
  readonly #known = new Map<string, CustomResourceDefinition>()
  /** What is under way for each definition: one step at a time. */
  readonly #working = new Map<string, Promise<void>>()
  readonly #cleanups = new Map<string, Cleanup>()
  #stop: () => void = () => {}
  #open = true

  constructor(core: Core) { this.#core = core }

  /** Begins to follow: what is stored is served when this returns. */
  start(): void {
    this.#stop = this.#core.objects.follow(customResourceDefinition, ({ object, old }) => {
      if (object) this.#seen(object)
      else if (old) this.#gone(old)
    })
  }
  stop(): void {
    this.#open = false
    this.#stop()
    for (const { stop } of this.#cleanups.values()) stop()
  }

  #seen(stored: CustomResourceDefinition): void {
    const definition = withoutSchemas(stored), { name } = definition.metadata
    const before = this.#known.get(name)
    this.#known.set(name, definition)
    if (!before || servesOther(definition, before)) this.#serve(definition)
    // Whoever watches goes on: he is to hear of every object that is deleted.
    else if (isTrue(definition, 'Terminating') !== isTrue(before, 'Terminating')) this.#core.registry.setCustom(name, this.#core.registry.custom(name).map((served) => ending(served)))
    this.#work(name)
  }
  #gone({ metadata: { name }, spec: { group } }: CustomResourceDefinition): void {
    this.#known.delete(name)
    this.#cleanups.get(name)?.stop()
    this.#cleanups.delete(name)
    this.#withdraw(name, [])
    for (const other of this.#known.values()) if (other.spec.group === group) this.#work(other.metadata.name) // a name may be free now
  }

  #serve(definition: CustomResourceDefinition): void {
    const { name } = definition.metadata
    const served = serve(definition, {
      isGoing: () => { const now = this.#known.get(name); return now === undefined || isTrue(now, 'Terminating') },
      converter: converterOf(definition, this.#core), expressions: this.#core.expressions,
      schemaOf: (version) => this.#core.objects.get(customResourceDefinition, name)?.spec.versions.find((v) => v.name === version)?.schema?.openAPIV3Schema,
    })
    this.#withdraw(name, isTrue(definition, 'Terminating') ? served.map((each) => ending(each)) : served)
  }
  /** Whoever watches what was served before must begin anew. */
  #withdraw(name: string, served: ReturnType<typeof serve>): void {
    for (const { kind } of this.#core.registry.setCustom(name, served)) this.#core.logs.close(kind)
  }

  #work(name: string): void {
    if (this.#working.has(name)) return
    const step = async () => {
      for (let again = true; again && this.#open;) {
        const definition = this.#known.get(name)
        if (!definition) return
        await this.#reconcile(definition)
        again = this.#known.get(name) !== definition
      }
    }
    const done = step().catch((error: unknown) => { this.#core.log.warn('the status of a definition could not be written', { name, error }) }).finally(() => { this.#working.delete(name) })
    this.#working.set(name, done)
  }

  async #reconcile(definition: CustomResourceDefinition): Promise<void> {
    const { clock } = this.#core
    const group = definition.spec.group, others = () => [...this.#known.values()]
    const status = nextStatus(definition, () => takenIn(group, others()), clock.now())
    if (status !== definition.status) {
      const { acceptedNames } = definition.status
      await this.#write(definition, (old) => ({ ...old, status }))
      // Names may have been let go that others wait for.
      if (!same(acceptedNames, status.acceptedNames)) for (const other of others()) if (other.spec.group === group && other !== definition) this.#work(other.metadata.name)
      return
    }
    if (definition.metadata.deletionTimestamp && definition.metadata.finalizers?.includes(cleanupFinalizer)) await this.#cleanUp(definition)
  }

  async #cleanUp(definition: CustomResourceDefinition): Promise<void> {
    const { name } = definition.metadata
    if (this.#cleanups.has(name)) return
    const set = (condition: Condition) => this.#setCondition(name, condition)
    const cleanup = emptied(this.#core, definition, set, async (condition) => {
      this.#cleanups.delete(name)
      await this.#write(this.#known.get(name), (old) => finished(old, condition, this.#core.clock.now()))
    })
    this.#cleanups.set(name, cleanup)
    await cleanup.begun
  }

  async #setCondition(name: string, condition: Condition): Promise<void> {
    await this.#write(this.#known.get(name), (old) => ({ ...old, status: withCondition(old.status, condition, this.#core.clock.now()) }))
  }

  /** Writes a definition as the server itself, on the newest version; nothing when it is gone, or when that version is not the one that was judged. */
  async #write(seen: CustomResourceDefinition | undefined, change: (old: CustomResourceDefinition) => CustomResourceDefinition): Promise<void> {
    const { objects, clock } = this.#core
    for (let attempt = 0; seen && attempt < attempts; attempt++) {
      const { name, uid } = seen.metadata
      const kv = objects.find(customResourceDefinition, '', name)
      if (!kv) return
      const old = objects.value(customResourceDefinition, kv) as LooseObject as CustomResourceDefinition
      if (old.metadata.uid !== uid || (attempt > 0 && old.metadata.resourceVersion !== seen.metadata.resourceVersion && !same(old.spec, seen.spec))) return
      const next = copy(change(old)) as LooseObject
      const managedFields = updateManagedFields(customResourceDefinition.schema, {
        apiVersion: customResourceDefinition.apiVersion, before: old, after: next, manager: component, subresource: 'status', time: formatTime(clock.now()), reset: [['spec'], ['metadata']],
      })
      if (managedFields) next.metadata.managedFields = managedFields
      const done = next.metadata.deletionTimestamp && !next.metadata.finalizers?.length ? await objects.remove(kv) : await objects.replace(customResourceDefinition, kv, next)
      if (done !== undefined) return
    }
  }
}

/** The definition with nothing left in it: it may go. */
function finished(old: CustomResourceDefinition, condition: Condition, now: number): CustomResourceDefinition {
  const finalizers = (old.metadata.finalizers ?? []).filter((f) => f !== cleanupFinalizer)
  const { finalizers: _, ...metadata } = old.metadata
  return { ...old, metadata: finalizers.length > 0 ? { ...metadata, finalizers } : metadata, status: withCondition(old.status, condition, now) }
}

/** What is kept of a definition: schemas are large, and most are never used. */
const withoutSchemas = ({ spec, ...rest }: CustomResourceDefinition): CustomResourceDefinition =>
  ({ ...rest, spec: { ...spec, versions: spec.versions.map(({ schema: _, ...version }) => version) } })

/** Whether a change of the definition changes what it serves. */
function servesOther(now: CustomResourceDefinition, before: CustomResourceDefinition): boolean {
  const facts = (definition: CustomResourceDefinition) => [definition.metadata.uid, definition.metadata.generation, definition.status.acceptedNames, ...['NamesAccepted', 'Established'].map((type) => isTrue(definition, type))]
  return !same(facts(now), facts(before))
}
