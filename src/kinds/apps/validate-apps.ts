// What is wrong with deployments, replica sets, daemon sets and stateful sets, and with changes of them.
import { forbiddenValue, invalidValue, notSupported, requiredValue, same, validateLabelSelector, type AnyObject, type FieldError } from '#machinery'
import { atLeastZero, hasOddValue, immutableField, validateCollisions, validateCounts, validateDNSLabel } from '../checks.ts'
import type { PodTemplateSpec } from '../core/pod/spec.ts'
import { readSelector, validateLastingSpec, validateLastingTemplate, validateMatches } from '../core/pod/validate-template.ts'
import { validateClaimSpec } from '../core/validate-claim.ts'
import { goForm } from '../go-diff.ts'
import { statefulSetRollingForm } from '../go-forms.ts'
import type { DaemonSetSpec, DaemonSetStatus, DaemonSetUpdateStrategy } from './daemonset.ts'
import type { DeploymentSpec, DeploymentStatus, DeploymentStrategy } from './deployment.ts'
import type { ReplicaSetSpec, ReplicaSetStatus } from './replicaset.ts'
import type { StatefulSetSpec, StatefulSetStatus } from './statefulset.ts'
import { amountOf, atMostAll, validateAmount, validateSelector } from './validate-workload.ts'

type With<Spec, Status = unknown> = AnyObject & { spec: Spec; status: Status }
const rolling = (strategy: { type?: string; rollingUpdate?: { maxSurge?: unknown; maxUnavailable?: unknown } }) =>
  ({ Type: strategy.type ?? '', RollingUpdate: strategy.rollingUpdate
    ? { MaxUnavailable: strategy.rollingUpdate.maxUnavailable ?? 0, MaxSurge: strategy.rollingUpdate.maxSurge ?? 0 } : null })

const deploymentCounts = ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'terminatingReplicas', 'collisionCount']
export function validateDeployment({ spec, status }: With<DeploymentSpec, DeploymentStatus>, old?: With<DeploymentSpec, DeploymentStatus>, subresource?: string): FieldError[] {
  if (old && subresource === 'status') return [...validateCounts(status, deploymentCounts), ...validateCollisions(status, old.status)]
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec
  return [
    ...atLeastZero(spec.replicas, 'spec.replicas'),
    ...validateSelector(spec.selector, 'deployment', 'invalid label selector', 'spec.selector'),
    ...templateOf(spec, 'ReplicaSet', old?.spec.template),
    ...validateDeploymentStrategy(spec.strategy, 'spec.strategy'),
    ...atLeastZero(spec.minReadySeconds, 'spec.minReadySeconds'), ...atLeastZero(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...atLeastZero(deadline, 'spec.progressDeadlineSeconds'),
    ...(deadline !== undefined && deadline <= minReadySeconds ? [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')] : []),
    ...(old ? immutableField(spec.selector, old.spec.selector, 'spec.selector') : []),
  ]
}
/** The template, if the selector can be read: it must match. */
function templateOf(spec: Pick<DeploymentSpec, 'selector' | 'template'>, owner: string, old: PodTemplateSpec | undefined): FieldError[] {
  const selector = readSelector(spec.selector)
  return selector ? validateLastingTemplate(spec.template, selector, owner, 'spec.template', old) : []
}

function validateDeploymentStrategy(strategy: DeploymentStrategy, at: string): FieldError[] {
  const { type, rollingUpdate } = strategy, here = `${at}.rollingUpdate`
  if (type === 'Recreate') return rollingUpdate ? [forbiddenValue(here, "may not be specified when strategy `type` is 'Recreate'")] : []
  if (type !== 'RollingUpdate') return [notSupported(at, rolling(strategy), ['Recreate', 'RollingUpdate'])]
  if (!rollingUpdate) return [requiredValue(here, 'this should be defaulted and never be nil')]
  const { maxUnavailable, maxSurge } = rollingUpdate
  return [
    ...validateAmount(maxUnavailable, `${here}.maxUnavailable`), ...validateAmount(maxSurge, `${here}.maxSurge`),
    ...(amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0 ? [invalidValue(`${here}.maxUnavailable`, maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0')] : []),
    ...atMostAll(maxUnavailable, `${here}.maxUnavailable`),
  ]
}

export function validateReplicaSet({ spec, status }: With<ReplicaSetSpec, ReplicaSetStatus>, old?: With<ReplicaSetSpec>, subresource?: string): FieldError[] {
  if (subresource === 'status') return validateCounts(status, ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'terminatingReplicas', 'observedGeneration'])
  return [
    ...atLeastZero(spec.replicas, 'spec.replicas'), ...atLeastZero(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateSelector(spec.selector, 'deployment', 'invalid label selector', 'spec.selector'),
    ...templateOf(spec, 'ReplicaSet', old?.spec.template),
    ...(old ? immutableField(spec.selector, old.spec.selector, 'spec.selector') : []),
  ]
}

const daemonSetCounts = ['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration', 'updatedNumberScheduled', 'numberAvailable',
  'numberUnavailable', 'collisionCount']
export function validateDaemonSet({ spec, status }: With<DaemonSetSpec, DaemonSetStatus>, old?: With<DaemonSetSpec, DaemonSetStatus>, subresource?: string): FieldError[] {
  if (old && subresource === 'status') return [...validateCounts({ ...status }, daemonSetCounts), ...validateCollisions(status, old.status)]
  const selector = readSelector(spec.selector), empty = spec.selector && !Object.keys(spec.selector.matchLabels ?? {}).length && !spec.selector.matchExpressions?.length
  return [
    ...validateLabelSelector(spec.selector, 'spec.selector', { anyValue: hasOddValue(old?.spec.selector) }),
    ...(selector ? validateMatches(selector, spec.template, 'spec.template', old?.spec.template) : []),
    ...(empty ? [invalidValue('spec.selector', spec.selector, 'empty selector is invalid for daemonset')] : []),
    ...validateLastingTemplate(spec.template, undefined, 'DaemonSet', 'spec.template'),
    ...atLeastZero(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateDaemonSetStrategy(spec.updateStrategy, 'spec.updateStrategy'),
    ...atLeastZero(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...(old ? immutableField(spec.selector, old.spec.selector, 'spec.selector') : []),
  ]
}
function validateDaemonSetStrategy(strategy: DaemonSetUpdateStrategy, at: string): FieldError[] {
  const { type, rollingUpdate } = strategy, here = `${at}.rollingUpdate`
  if (type === 'OnDelete') return []
  if (type !== 'RollingUpdate') return [notSupported(at, rolling(strategy), ['RollingUpdate', 'OnDelete'])]
  if (!rollingUpdate) return [requiredValue(here)]
  const { maxUnavailable, maxSurge } = rollingUpdate
  const errors = [
    ...validateAmount(maxUnavailable, `${here}.maxUnavailable`), ...validateAmount(maxSurge, `${here}.maxSurge`),
    ...atMostAll(maxUnavailable, `${here}.maxUnavailable`), ...atMostAll(maxSurge, `${here}.maxSurge`),
  ]
  if (amountOf(maxUnavailable) && amountOf(maxSurge)) errors.push(invalidValue(`${here}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  if (!amountOf(maxUnavailable) && !amountOf(maxSurge)) errors.push(requiredValue(`${here}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  return errors
}

const changeable = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'] as const
const statefulSetCounts = ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration', 'collisionCount']
export function validateStatefulSet({ spec, status }: With<StatefulSetSpec, StatefulSetStatus>, old?: With<StatefulSetSpec, StatefulSetStatus>, subresource?: string): FieldError[] {
  if (subresource === 'status') return validateCounts({ ...status }, statefulSetCounts, 'status.readyReplicas')
  const errors = validateStatefulSetSpec(spec, old?.spec.template)
  if (!old) return errors
  const fixed = (s: StatefulSetSpec) => Object.fromEntries(Object.entries(s).filter(([field]) => !(changeable as readonly string[]).includes(field)))
  if (!same(fixed(spec), fixed(old.spec)))
    errors.push(forbiddenValue('spec',
      `updates to statefulset spec for fields other than ${changeable.slice(0, -1).map((f) => `'${f}'`).join(', ')} and 'minReadySeconds' are forbidden`))
  return errors
}
function validateStatefulSetSpec(spec: StatefulSetSpec, old: PodTemplateSpec | undefined): FieldError[] {
  const errors: FieldError[] = []
  const { podManagementPolicy: policy = '', updateStrategy: { type = '', rollingUpdate }, persistentVolumeClaimRetentionPolicy: retention } = spec
  if (policy !== 'OrderedReady' && policy !== 'Parallel') errors.push(policy ? invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")
    : requiredValue('spec.podManagementPolicy'))
  if (type === 'OnDelete') {
    if (rollingUpdate) errors.push(invalidValue('spec.updateStrategy.rollingUpdate', goForm(statefulSetRollingForm, rollingUpdate),
      "only allowed for updateStrategy 'RollingUpdate'"))
  } else if (type === 'RollingUpdate') errors.push(...atLeastZero(rollingUpdate?.partition, 'spec.updateStrategy.rollingUpdate.partition'))
  else errors.push(type ? invalidValue('spec.updateStrategy', { Type: type, RollingUpdate: rollingUpdate ? goForm(statefulSetRollingForm, rollingUpdate) : null },
    "must be 'RollingUpdate' or 'OnDelete'") : requiredValue('spec.updateStrategy'))
  for (const field of ['whenDeleted', 'whenScaled'] as const) {
    const value = retention?.[field]
    if (value !== undefined && value !== 'Retain' && value !== 'Delete') errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, value,
      ['Retain', 'Delete']))
  }
  // Names and claims cannot change: what was once wrong with them is not held against an update.
  if (!old) for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries()) errors.push(...validateClaimSpec(claim.spec, `spec.volumeClaimTemplates[${i}].spec`))
  errors.push(...atLeastZero(spec.replicas, 'spec.replicas'), ...atLeastZero(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...atLeastZero(spec.ordinals?.start, 'spec.ordinals.start'))
  if (!old && spec.serviceName) errors.push(...validateDNSLabel(spec.serviceName, 'spec.serviceName'))
  errors.push(...validateSelector(spec.selector, 'statefulset', '', 'spec.selector'))
  return [...errors, ...(readSelector(spec.selector) ? templateOf(withClaims(spec), 'StatefulSet', old) : validateLastingSpec(spec.template, 'StatefulSet', 'spec.template'))]
}

/** The template as its pods are made: claims of their own stand among the volumes. */
function withClaims(spec: StatefulSetSpec): StatefulSetSpec {
  const volumes = spec.template?.spec.volumes ?? [], own = (spec.volumeClaimTemplates ?? []).map((c) => c.metadata.name).filter((name) => name && !volumes.some((v) => v.name === name))
  if (!own.length) return spec
  const claimed = own.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  return { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, volumes: [...volumes, ...claimed] } } }
}
