// The status of a definition: which of its names are its own, and what that means. Pure: from the definition and its neighbours to the next status.
import type { CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames, CustomResourceDefinitionStatus } from '#kinds'
import { formatTime, quote, same } from '#machinery'
import { preferredFirst } from '../served.ts'
import { approvalOf } from './approval.ts'

export type Condition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>
type Names = CustomResourceDefinitionNames

export const conditionOf = ({ status }: CustomResourceDefinition, type: string): CustomResourceDefinitionCondition | undefined => status.conditions?.find((c) => c.type === type)
export const isTrue = (definition: CustomResourceDefinition, type: string): boolean => conditionOf(definition, type)?.status === 'True'

/** The best of some versions, as the reference orders them; undefined when none is better than `than`. */
export function preferredVersion(versions: readonly string[], than?: string): string | undefined {
  const best = [...versions].sort(preferredFirst)[0]
  return best !== undefined && (than === undefined || preferredFirst(best, than) < 0) ? best : undefined
}

/** The status with one condition set; when it changes sides, that is now. */
export function withCondition(status: CustomResourceDefinitionStatus, condition: Condition, now: number): CustomResourceDefinitionStatus {
  const list = status.conditions ?? [], old = list.find((c) => c.type === condition.type)
  const next: CustomResourceDefinitionCondition = { lastTransitionTime: old?.lastTransitionTime && old.status === condition.status ? old.lastTransitionTime : formatTime(now), ...condition }
  return { ...status, conditions: old ? list.map((c) => (c === old ? next : c)) : [...list, next] }
}

/** Names that others of the group hold. */
export interface Taken { readonly resources: ReadonlySet<string>; readonly kinds: ReadonlySet<string> }
export function takenIn(group: string, definitions: readonly CustomResourceDefinition[]): Taken {
  const resources = new Set<string>(), kinds = new Set<string>()
  for (const { spec, status: { acceptedNames: names } } of definitions) {
    if (spec.group !== group) continue
    for (const name of [names.plural, names.singular ?? '', ...(names.shortNames ?? [])]) resources.add(name)
    for (const name of [names.kind, names.listKind ?? '']) kinds.add(name)
  }
  return { resources, kinds }
}

/** The status as it should be, by the names that are taken; the same value when nothing changes. */
export function nextStatus(definition: CustomResourceDefinition, taken: () => Taken, now: number): CustomResourceDefinitionStatus {
  let { status } = definition
  if (!same(definition.spec.names, status.acceptedNames)) status = withNames(definition, taken(), now)
  if (isTrue({ ...definition, status }, 'NamesAccepted') && !isTrue({ ...definition, status }, 'Established'))
    status = withCondition(status, { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }, now)
  for (const condition of [unstructured(definition), approvalOf(definition)]) {
    if (!condition || isEquivalent(status, condition)) continue
    status = withCondition(status, condition, now)
  }
  return status
}

function withNames(definition: CustomResourceDefinition, taken: Taken, now: number): CustomResourceDefinitionStatus {
  const { status } = definition
  const { names, condition } = acceptNames(definition.spec.names, status.acceptedNames, taken)
  if (same(names, status.acceptedNames) && isEquivalent(status, condition)) return status
  const next = withCondition({ ...status, acceptedNames: names }, condition, now)
  return conditionOf(definition, 'Established') ? next : withCondition(next, { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }, now)
}

/** Each name that is free, or has been the definition's own, becomes its own. The last conflict is told. */
export function acceptNames(wanted: Names, had: Names, { resources, kinds }: Taken): { readonly names: Names; readonly condition: Condition } {
  const names = { ...had }
  let condition: Condition = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
  const refuse = (reason: string, conflicts: readonly string[]) => {
    const message = conflicts.length === 1 ? conflicts[0]! : `[${[...new Set(conflicts)].join(', ')}]`
    condition = { type: 'NamesAccepted', status: 'False', reason, message }
  }
  const used = (name: string) => `${quote(name)} is already in use`
  const take = (field: 'plural' | 'singular' | 'kind' | 'listKind', all: ReadonlySet<string>, reason: string) => {
    const name = wanted[field] ?? ''
    if (name === (had[field] ?? '') || !all.has(name)) names[field] = name
    else refuse(reason, [used(name)])
  }
  take('plural', resources, 'PluralConflict')
  take('singular', resources, 'SingularConflict')
  if (!same(wanted.shortNames ?? [], had.shortNames ?? [])) {
    const conflicts = (wanted.shortNames ?? []).filter((name) => !had.shortNames?.includes(name) && resources.has(name)).map(used)
    if (conflicts.length > 0) refuse('ShortNamesConflict', conflicts)
    else names.shortNames = wanted.shortNames ?? []
  }
  take('kind', kinds, 'KindConflict')
  take('listKind', kinds, 'ListKindConflict')
  names.categories = wanted.categories ?? []
  if (names.shortNames?.length === 0) delete names.shortNames
  if (names.categories.length === 0) delete names.categories
  return { names, condition }
}

/** Definitions of old that keep unknown fields everywhere. */
function unstructured({ spec }: CustomResourceDefinition): Condition | undefined {
  return spec.preserveUnknownFields ? { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message: 'spec.preserveUnknownFields: Invalid value: true: must be false' } : undefined
}
function isEquivalent({ conditions }: CustomResourceDefinitionStatus, { type, status, reason, message }: Condition): boolean {
  const old = conditions?.find((c) => c.type === type)
  return old?.status === status && old.reason === reason && old.message === message
}
