// pods/eviction: a deletion that asks the pod's disruption budget first.
import { eviction as evictionType, pod as podKind, podDisruptionBudget, type Pod, type PodDisruptionBudget } from '#kinds'
import { ApiError, badRequest, forbidden, formatTime, is, notFound, quote, selectorFrom, tooManyRequests, type AnyObject, type ApiResponse, type DeleteOptions, type LooseObject } from '#machinery'
import { readObject } from '../body.ts'
import { place, type Call } from '../core.ts'
import { checkNamespace } from '../create.ts'
import { removeObject } from '../delete.ts'
import { writeOptions } from '../options.ts'
import { valueAnswer } from '../respond.ts'
import { admitted, writeAttempts } from '../write.ts'
import type { Subresource } from './subresource.ts'

const accepted = { group: 'policy', version: 'v1', kindName: 'Eviction', apiVersion: 'policy/v1', formerly: 'policy/v1beta1', schema: evictionType.schema }
/** Evictions that the disruption controller has not confirmed, in one budget. */
const mostDisrupted = 2000
/** A budget that is being worked out is worth another try after this. */
const retrySeconds = 10

export const eviction: Subresource = {
  name: 'eviction', type: { group: 'policy', version: 'v1', kind: 'Eviction' }, schema: accepted.schema, verbs: ['create'],
  async handle(call) {
    const options = writeOptions(call.info.query, 'CreateOptions')
    const given = readObject(call.request, accepted, options, call.core.registry, (text) => { call.warnings.push(text) })
    call.context.audit?.requestObject(given)
    checkNamespace(call, given)
    const { name } = call.info
    if (given.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object')
    const write = admitted(call, 'CREATE', options)
    await call.core.admission.mutate(write, given, undefined)
    await call.core.admission.validate(write, given, undefined)
    const asked = (given as { deleteOptions?: DeleteOptions }).deleteOptions ?? {}
    await evict(call, name, options.dryRun && !asked.dryRun?.length ? { ...asked, dryRun: ['All'] } : asked)
    return success(call)
  },
}

const success = (call: Call): ApiResponse => valueAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, { ...call.output, as: '' }, call.request.direct === true)

async function evict(call: Call, name: string, options: DeleteOptions): Promise<void> {
  const { objects } = call.core
  // The count that follows the last eviction may be on its way to the disk: a refusal tells of it, and what is taken from an older one would be refused by the store anyway.
  await objects.settled()
  const pod = objects.get(podKind, name, place(call))
  if (!pod) throw notFound(podKind, name)
  const phase = pod.status.phase
  if (phase === 'Succeeded' || phase === 'Failed' || pod.metadata.deletionTimestamp) { await removeObject(call, name, options, false); return }
  if (phase === 'Pending') { await removeObject(call, name, ofVersion(options, pod), false); return } // it may start meanwhile
  const budgets = objects.list(podDisruptionBudget, place(call)).filter((b) => selectorFrom(b.spec?.selector).matches(pod.metadata.labels))
  if (budgets.length > 1) throw new ApiError('', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.', undefined, { code: 500 })
  const budget = budgets[0]
  let deletion = options
  if (budget) {
    if (isReady(pod) || !mayGoUnready(budget)) await take(call, budget.metadata.name, name, (options.dryRun?.length ?? 0) > 0)
    else deletion = ofVersion(options, pod)
  }
  if (!options.dryRun?.length) await markDisrupted(call, name, deletion)
  try { await removeObject(call, name, deletion, false) } catch (error) {
    // The pod has changed, and may be ready by now: worth another try, unless the client has asked for a version itself.
    if (budget && deletion !== options && is(error, 'Conflict')) throw busy(budget.metadata.name)
    throw error
  }
}
const refused = (message: string, retryAfterSeconds = 0) =>
  tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", retryAfterSeconds, { causes: [{ reason: 'DisruptionBudget', message }] })
const busy = (budget: string) => refused(`The disruption budget ${budget} is still being processed by the server.`, retrySeconds)

const isReady = (pod: Pod): boolean => pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false
/** Pods that are not ready disturb nobody when they go. */
function mayGoUnready({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  return currentHealthy >= desiredHealthy && desiredHealthy > 0
}
/** Only this version of the pod, unless the client names one itself. */
const ofVersion = (options: DeleteOptions, { metadata }: AnyObject): DeleteOptions =>
  options.preconditions?.resourceVersion ? options : { ...options, preconditions: { ...options.preconditions, resourceVersion: metadata.resourceVersion } }

/** Takes one disruption from the budget. Throws TooManyRequests when there is none left. */
async function take({ core: { objects, clock }, info }: Call, budgetName: string, podName: string, dryRun: boolean): Promise<void> {
  for (let attempt = 0; attempt < writeAttempts; attempt++) {
    const kv = objects.find(podDisruptionBudget, info.namespace, budgetName)
    if (!kv) return
    const old = objects.value(podDisruptionBudget, kv)
    const budget = old as AnyObject as PodDisruptionBudget
    const { disruptionsAllowed = 0, observedGeneration = 0, disruptedPods = {} } = budget.status ?? {}
    if (observedGeneration < (budget.metadata.generation ?? 0)) throw busy(budgetName)
    if (disruptionsAllowed < 0) throw forbidden(theBudget, budgetName, 'pdb disruptions allowed is negative')
    if (Object.keys(disruptedPods).length > mostDisrupted) throw forbidden(theBudget, budgetName, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller')
    if (disruptionsAllowed === 0) throw refused(whyNot(budget))
    if (dryRun) return
    const now = formatTime(clock.now()), conditions = disruptionsAllowed === 1 ? exhausted(budget, now) : budget.status?.conditions
    const next: LooseObject = { ...old, metadata: { ...old.metadata },
      status: { ...budget.status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods: { ...disruptedPods, [podName]: now }, ...(conditions && { conditions }) } }
    if (await objects.replace(podDisruptionBudget, kv, next)) return
  }
  throw tooManyRequests(`couldn't update PodDisruptionBudget ${quote(budgetName)} due to conflicts`, retrySeconds)
}

/** As the reference calls it where it forbids. */
const theBudget = { group: podDisruptionBudget.group, resource: 'poddisruptionbudget' }
/** Why a budget allows no disruption. Counts of a budget that could not be worked out mean nothing. */
function whyNot({ metadata: { name }, status }: PodDisruptionBudget): string {
  const { desiredHealthy = 0, currentHealthy = 0, conditions = [] } = status ?? {}, never = `The disruption budget ${name} does not allow evicting pods currently`
  const { reason = '', message = '' } = conditions.find((c) => c.type === allowed && c.status === 'False') ?? {}
  if (message && reason === 'SyncFailed') return `${never} because it failed sync: ${message}`
  if (currentHealthy <= desiredHealthy) return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  return message ? `${never} (${reason}): ${message}` : never
}
const allowed = 'DisruptionAllowed'
/** The conditions of a budget of which nothing is left. */
function exhausted({ status }: PodDisruptionBudget, now: string): object[] {
  const { conditions = [], observedGeneration } = status ?? {}, before = conditions.find((c) => c.type === allowed)
  const condition = { type: allowed, status: 'False', ...(observedGeneration && { observedGeneration }), reason: 'InsufficientPods', message: '',
    lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : now }
  return before ? conditions.map((c) => (c === before ? condition : c)) : [...conditions, condition]
}

/** Says in the pod's status why it goes. */
async function markDisrupted({ core: { objects, clock }, info }: Call, name: string, { preconditions }: DeleteOptions): Promise<void> {
  if (preconditions?.resourceVersion !== undefined) return // the mark would make a new version
  for (let attempt = 0; attempt < writeAttempts; attempt++) {
    const kv = objects.find(podKind, info.namespace, name)
    if (!kv) return
    const old = objects.value(podKind, kv)
    if (preconditions?.uid !== undefined && preconditions.uid !== old.metadata.uid) return
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting', lastProbeTime: null, lastTransitionTime: formatTime(clock.now()) }
    const conditions = [...((old.status?.conditions ?? []) as { type: string }[]).filter((c) => c.type !== 'DisruptionTarget'), condition]
    if (await objects.replace(podKind, kv, { ...old, metadata: { ...old.metadata }, status: { ...old.status, conditions } })) return
  }
}
