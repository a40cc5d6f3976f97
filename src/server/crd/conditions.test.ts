import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomResourceDefinition, CustomResourceDefinitionNames as Names } from '#kinds'
import { approvalOf } from './approval.ts'
import { acceptNames, nextStatus, preferredVersion, takenIn } from './conditions.ts'

const own = { plural: 'widgets', kind: 'Widget', singular: 'widget', listKind: 'WidgetList' }, none = { plural: '', kind: '' }
const neighbour = (names: object) => ({ metadata: { name: 'x' }, spec: { group: 'x.example' }, status: { acceptedNames: { plural: '', kind: '', ...names } } }) as CustomResourceDefinition

for (const [name, wanted, had, others, accepted, told] of [
  ['free names', own, none, {}, own, 'True NoConflicts no conflicts found'],
  ['another has the plural', own, none, { plural: 'widgets' }, { ...own, plural: '' }, 'False PluralConflict "widgets" is already in use'],
  ['a short name of another is the plural', own, none, { shortNames: ['widgets'] }, { ...own, plural: '' }, 'False PluralConflict "widgets" is already in use'],
  ['another has the singular', own, none, { singular: 'widget' }, { plural: 'widgets', kind: 'Widget', listKind: 'WidgetList' }, 'False SingularConflict "widget" is already in use'],
  ['another has the kind', own, none, { kind: 'Widget' }, { ...own, kind: '' }, 'False KindConflict "Widget" is already in use'],
  ['the kind of a list is the kind of another', own, none, { listKind: 'Widget' }, { ...own, kind: '' }, 'False KindConflict "Widget" is already in use'],
  ['another has the kind of the list', own, none, { listKind: 'WidgetList' }, { plural: 'widgets', kind: 'Widget', singular: 'widget' }, 'False ListKindConflict "WidgetList" is already in use'],
  ['the last conflict is told', own, none, { plural: 'widgets', kind: 'Widget' }, { ...own, plural: '', kind: '' }, 'False KindConflict "Widget" is already in use'],
  ['a short name', { ...own, shortNames: ['w', 'wi'] }, none, { shortNames: ['w'] }, own, 'False ShortNamesConflict "w" is already in use'],
  ['several short names', { ...own, shortNames: ['w', 'wi'] }, none, { shortNames: ['wi', 'w'] }, own, 'False ShortNamesConflict ["w" is already in use, "wi" is already in use]'],
  ['names of its own', own, own, { plural: 'widgets', kind: 'Widget' }, own, 'True NoConflicts no conflicts found'],
  ['a name that it cannot have leaves it the old one', { ...own, singular: 'thing' }, own, { singular: 'thing' }, own, 'False SingularConflict "thing" is already in use'],
  ['categories are never taken', { ...own, categories: ['all'] }, none, { categories: ['all'] }, { ...own, categories: ['all'] }, 'True NoConflicts no conflicts found'],
] as readonly [string, Names, Names, object, object, string][])
  test(`names: ${name}`, () => {
    const { names, condition } = acceptNames(wanted, had, takenIn('x.example', [neighbour(others)]))
    assert.deepEqual(names, accepted)
    assert.equal(`${condition.status} ${condition.reason} ${condition.message}`, told)
  })

test('names of another group are free', () => assert.equal(acceptNames(own, none, takenIn('y.example', [neighbour(own)])).condition.status, 'True'))

const must = 'protected groups must have approval annotation "api-approved.kubernetes.io"', see = 'see https://github.com/kubernetes/enhancements/pull/1111'
for (const [group, text, told] of [
  ['x.example', undefined, ''], ['myk8s.io', undefined, ''],
  ['k8s.io', undefined, `False MissingAnnotation ${must}, ${see}`],
  ['a.b.kubernetes.io', '', `False MissingAnnotation ${must}, ${see}`],
  ['x.k8s.io', 'unapproved, for now', 'False UnapprovedAnnotation not approved: "unapproved, for now"'],
  ['x.k8s.io', 'https://github.com/x/1', 'True ApprovedAnnotation approved in https://github.com/x/1'],
  ['x.k8s.io', 'ask me', `False InvalidAnnotation ${must} with either a URL or a reason starting with "unapproved", ${see}`],
  ['x.k8s.io', 'https://', `False InvalidAnnotation ${must} with either a URL or a reason starting with "unapproved", ${see}`],
] as const)
  test(`approval of ${group}: ${text ?? 'nothing'}`, () => {
    const found = approvalOf({ metadata: { name: 'x', ...(text !== undefined && { annotations: { 'api-approved.kubernetes.io': text } }) }, spec: { group } } as unknown as CustomResourceDefinition)
    assert.equal(found ? `${found.status} ${found.reason} ${found.message}` : '', told)
  })

const fresh = (spec: object = {}, status: object = {}) => ({ metadata: { name: 'widgets.x.example' }, spec: { group: 'x.example', names: own, ...spec }, status: { acceptedNames: none, ...status } }) as unknown as CustomResourceDefinition
const told = ({ conditions = [] }: CustomResourceDefinition['status']) => conditions.map((c) => `${c.type} ${c.status} ${c.reason}`)
const later = Date.UTC(2026, 0, 1)

test('who keeps unknown fields everywhere is told', () => {
  const [, , last] = nextStatus(fresh({ preserveUnknownFields: true }), () => takenIn('x.example', []), later).conditions!
  assert.deepEqual([last!.type, last!.status, last!.reason, last!.message], ['NonStructuralSchema', 'True', 'Violations', 'spec.preserveUnknownFields: Invalid value: true: must be false'])
})
test('a definition in use stays in use when a new name is refused', () => {
  const taken = () => takenIn('x.example', [neighbour({ singular: 'thing' })])
  const status = nextStatus(fresh({}, {}), taken, later)
  assert.deepEqual(told(status), ['NamesAccepted True NoConflicts', 'Established True InitialNamesAccepted'])
  const next = nextStatus(fresh({ names: { ...own, singular: 'thing' } }, status), taken, later + 5000)
  assert.deepEqual(told(next), ['NamesAccepted False SingularConflict', 'Established True InitialNamesAccepted'])
  assert.deepEqual(next.conditions!.map((c) => c.lastTransitionTime), ['2026-01-01T00:00:05Z', '2026-01-01T00:00:00Z'])
  assert.deepEqual(nextStatus(fresh({ names: { ...own, singular: 'thing' } }, next), taken, later + 9000), next)
})
test('versions are preferred as everywhere', () => {
  assert.equal(preferredVersion(['v1alpha1', 'v2beta1', 'v1', 'foo', 'v10']), 'v10')
  assert.equal(preferredVersion(['v1'], 'v2'), undefined)
})
