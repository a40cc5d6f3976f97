// MutatingAdmissionWebhook: others change what is written, one after the other, by JSON patches.
import { mutatingWebhookConfiguration } from '#kinds'
import { ApiError, applyJsonPatch, goJson, internalError, JsonError, parseJsonStrict, quote, whyPatchFailed, type LooseObject, type Told } from '#machinery'
import type { WebhookCaller } from '../webhook-place.ts'
import { arrived, asWritten, travelling } from '../written-numbers.ts'
import type { AdmissionAttributes, AdmissionPlugin, AdmissionSurroundings } from './admission.ts'
import { decodedIn, differs, goneOnWith, replaceAll, shown, type Addressed } from './addressed.ts'
import { isExempt } from './match.ts'
import { Round } from './round.ts'
import { CallFailed, callWebhook, underPolicy } from './webhook-call.ts'
import { concerned, Hooks, type Hook } from './webhook-hooks.ts'
import { WebhookMetrics } from './webhook-metrics.ts'
import type { Verdict } from './webhook-review.ts'

const name = 'MutatingAdmissionWebhook'

export function mutatingAdmissionWebhook(credentialsFor?: WebhookCaller['credentialsFor']): AdmissionPlugin {
  const hooks = new Hooks()
  let surroundings: AdmissionSurroundings
  let metrics: WebhookMetrics
  return {
    name,
    handles: (_operation, kind) => !isExempt(kind),
    begin(given) {
      surroundings = given
      metrics = WebhookMetrics.of(given.metrics)
      return hooks.follow(given, mutatingWebhookConfiguration)
    },
    idle: () => hooks.all.length === 0,
    async mutate(attributes) {
      const round = Round.of(attributes, name)
      for (const [index, hook] of hooks.all.entries()) {
        const view = await concerned(hook, attributes, surroundings, 'admit')
        if (!view || round.leavesOut(hook.id)) continue
        if (await invoke(attributes, hook, view, index)) round.changed()
        if (hook.webhook.reinvocationPolicy === 'IfNeeded') round.wantsMore(hook.id)
      }
      round.end(attributes.object)
    },
  }

  /** Whether the webhook has changed the object. Throws what refuses the write. */
  async function invoke(attributes: AdmissionAttributes, hook: Hook, view: Addressed, index: number): Promise<boolean> {
    const { webhook, configuration } = hook
    const { operation, reinvocation } = attributes
    const place = `round_${reinvocation.again ? 1 : 0}_index_${index}`
    let mutated: boolean | undefined = false
    try {
      mutated = await underPolicy({ ...surroundings, metrics }, webhook, 'admit', operation, () => callAndPatch(attributes, hook, view, place),
        () => { attributes.annotate(`failed-open.mutation.webhook.admission.k8s.io/${place}`, webhook.name) })
    } finally {
      attributes.annotate(`mutation.webhook.admission.k8s.io/${place}`, JSON.stringify({ configuration, webhook: webhook.name, mutated: mutated ?? false }))
    }
    return mutated ?? false
  }

  async function callAndPatch(attributes: AdmissionAttributes, hook: Hook, view: Addressed, place: string): Promise<boolean> {
    const { webhook, configuration } = hook
    const before = attributes.object && await shown(attributes.object, attributes, view)
    const verdict = await callWebhook({ ...surroundings, ...(credentialsFor && { credentialsFor }) }, hook, attributes, view, before, true)
    const patch = patchOf(verdict, webhook.name)
    if (!patch?.operations.length) return false
    if (!before) throw internalError(`admission webhook ${quote(webhook.name)} attempted to modify the object, which is not supported for this operation`)
    if (verdict.patchType !== 'JSONPatch') throw new CallFailed(webhook.name, `unsupported patch type ${quote(verdict.patchType)}`, 400)
    const { value, ...written } = patched(before, patch)
    const decoded = decodedIn(value, attributes, view, written), changed = differs(value, decoded, before, view)
    const next = await goneOnWith(decoded, attributes, view)
    attributes.annotate(`patch.webhook.admission.k8s.io/${place}`, patchShown(configuration, webhook.name, patch), 'Request')
    replaceAll(attributes.object!, next)
    return changed
  }
}

/** Operations of a patch, and where in them numbers stand that are not written as whole ones. */
interface Patch { readonly operations: readonly object[]; readonly fractions: Told['fractions'] }

function patchOf({ patch }: Verdict, webhook: string): Patch | undefined {
  if (patch === '') return undefined
  const undecodable = (why: string) => new CallFailed(webhook, `received undecodable patch in webhook response: ${why}`, 503)
  let told: Told
  try {
    told = parseJsonStrict(patch)
  } catch (error) {
    throw error instanceof JsonError ? undecodable(error.message) : error
  }
  const { value: operations, fractions } = told
  if (operations === null) return undefined
  const of = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value)
  if (!Array.isArray(operations)) throw undecodable(`json: cannot unmarshal ${of(operations)} into Go value of type jsonpatch.Patch`)
  const wrong = operations.find((operation) => typeof operation !== 'object' || operation === null || Array.isArray(operation))
  if (wrong !== undefined) throw undecodable(`json: cannot unmarshal ${of(wrong)} into Go value of type jsonpatch.Operation`)
  return { operations, fractions }
}
function patched(object: LooseObject, { operations, fractions }: Patch): { readonly value: unknown; readonly fractions?: Told['fractions'] } {
  try {
    return fractions.size > 0 ? arrived(applyJsonPatch(object, travelling(operations, fractions))) : { value: applyJsonPatch(object, operations) }
  } catch (error) {
    if (error instanceof ApiError) throw internalError(whyPatchFailed(error), error)
    throw error
  }
}
/** For the audit log: the members of an operation are sorted, values stay as they were written. */
function patchShown(configuration: string, webhook: string, { operations, fractions }: Patch): string {
  const sorted = operations.map((operation) => Object.fromEntries(Object.entries(operation).sort(([a], [b]) => (a < b ? -1 : 1))))
  return goJson(`{"configuration":${JSON.stringify(configuration)},"webhook":${JSON.stringify(webhook)},"patch":${asWritten(sorted, fractions)},"patchType":"JSONPatch"}`)
}
