// policy/v1beta1: an empty selector of a disruption budget chose nothing, where policy/v1's chooses everything.
import { same, type LabelSelector, type ServedVersion } from '#machinery'
import { podDisruptionBudget, type PodDisruptionBudget } from '../policy/poddisruptionbudget.ts'
import { former } from './former.ts'

/** What stands for the other version's meaning of {} (the reference keeps the same pair in its store). */
const key = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match'
const everything: LabelSelector = { matchExpressions: [{ key, operator: 'DoesNotExist' }] }
const nothing: LabelSelector = { matchExpressions: [{ key, operator: 'Exists' }] }
const isEmpty = (selector: LabelSelector): boolean => !selector.matchExpressions?.length && Object.keys(selector.matchLabels ?? {}).length === 0

const withSelector = (o: PodDisruptionBudget, selector: LabelSelector): PodDisruptionBudget => ({ ...o, spec: { ...o.spec, selector } })

export const formerDisruptionBudgets: readonly ServedVersion<any>[] = [former(podDisruptionBudget, { // allowed: versions of many shapes
  version: 'v1beta1', names: 'io.k8s.api.policy.v1beta1', deprecated: [21, 25],
  from: (o: PodDisruptionBudget) => {
    const { selector } = o.spec
    return !selector ? o : isEmpty(selector) ? withSelector(o, nothing) : same(selector, everything) ? withSelector(o, {}) : o
  },
  to: (o: PodDisruptionBudget) => {
    const { selector } = o.spec
    return !selector ? o : isEmpty(selector) ? withSelector(o, everything) : same(selector, nothing) ? withSelector(o, {}) : o
  },
})]
