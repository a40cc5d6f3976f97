// The flow schemas and priority levels that every server has: what they say is fixed.
const everything = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
}
const group = (name: string) => ({ kind: 'Group', group: { name } })
export const mandatorySchemas: ReadonlyMap<string, object> = new Map<string, object>([
  ['exempt', { priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence: 1, rules: [{ subjects: [group('system:masters')], ...everything }] }],
  ['catch-all', { priorityLevelConfiguration: { name: 'catch-all' }, matchingPrecedence: 10_000, distinguisherMethod: { type: 'ByUser' },
    rules: [{ subjects: [group('system:unauthenticated'), group('system:authenticated')], ...everything }] }],
])
/** Of the exempt level, its part `exempt` may change. */
export const mandatoryLevels: ReadonlyMap<string, object> = new Map<string, object>([
  ['exempt', { type: 'Exempt' }], ['catch-all', { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } }],
])
