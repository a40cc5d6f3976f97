import { condition, defineKind, invalidValue, labelSelector, nameIsPathSegment, s, validateLabelSelector, type FieldError, type Infer, type ObjectOf } from '#machinery'
import { atMostAll, validateAmount } from '../apps/validate-workload.ts'
import * as cells from '../cells.ts'
import { atLeastZero, hasOddValue, oneOf, validateConditions } from '../checks.ts'
import { goForm } from '../go-diff.ts'
import { disruptionBudgetForm } from '../go-forms.ts'

export const podDisruptionBudgetSpec = s.object('io.k8s.api.policy.v1.PodDisruptionBudgetSpec', {
  maxUnavailable: s.intOrString(),
  minAvailable: s.intOrString(),
  selector: s.patched(labelSelector, 'replace'),
  unhealthyPodEvictionPolicy: s.string({ keepEmpty: true }),
})
export type PodDisruptionBudgetSpec = Infer<typeof podDisruptionBudgetSpec>

export const podDisruptionBudgetStatus = s.object('io.k8s.api.policy.v1.PodDisruptionBudgetStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  currentHealthy: s.int({ default: 0 }),
  desiredHealthy: s.int({ default: 0 }),
  disruptedPods: s.map(s.time()),
  disruptionsAllowed: s.int({ default: 0 }),
  expectedPods: s.int({ default: 0 }),
  observedGeneration: s.int64(),
})
export type PodDisruptionBudgetStatus = Infer<typeof podDisruptionBudgetStatus>

interface BudgetLike { readonly spec: PodDisruptionBudgetSpec; readonly status: PodDisruptionBudgetStatus }
const amounts = ['minAvailable', 'maxUnavailable'] as const, counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const
function validateBudget({ spec, status }: BudgetLike, old?: BudgetLike, subresource?: string): FieldError[] {
  if (old && subresource === 'status') return [...validateConditions(status.conditions, 'status.conditions'), ...counts.flatMap((field) => atLeastZero(status[field], `status.${field}`))]
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalidValue('spec', goForm(disruptionBudgetForm, spec), 'minAvailable and maxUnavailable cannot be both set')] : []),
    ...amounts.flatMap((field) => [...validateAmount(spec[field], `spec.${field}`), ...atMostAll(spec[field], `spec.${field}`)]),
    ...validateLabelSelector(selector, 'spec.selector', { anyValue: hasOddValue(old?.spec.selector) }),
    ...(policy === undefined ? [] : oneOf(policy, ['AlwaysAllow', 'IfHealthyBudget'], 'spec.unhealthyPodEvictionPolicy')),
  ]
}

export const podDisruptionBudget = defineKind({
  group: 'policy', version: 'v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets',
  shortNames: ['pdb'], scope: 'Namespaced',
  definition: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  generation: true,
  versionRequiredOnUpdate: true,
  columns: [
    cells.name,
    { name: 'Min Available', value: (o) => String(o.spec.minAvailable ?? 'N/A') },
    { name: 'Max Unavailable', value: (o) => String(o.spec.maxUnavailable ?? 'N/A') },
    { name: 'Allowed Disruptions', type: 'integer', value: (o) => o.status.disruptionsAllowed },
    cells.age,
  ],
  subresources: { status: true },
  fields: {
    spec: s.value(podDisruptionBudgetSpec),
    status: s.value(podDisruptionBudgetStatus),
  },
  name: nameIsPathSegment, anyFinalizer: true, onUpdate: ['rules'], onUpdateOf: { status: ['rules'] },
  validate: validateBudget,
})
export type PodDisruptionBudget = ObjectOf<typeof podDisruptionBudget>
