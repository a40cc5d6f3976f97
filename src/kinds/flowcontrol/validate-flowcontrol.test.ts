import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDNS1123Label } from '#machinery'
import { problems } from '../as-written.ts'
import { flowSchema } from './flowschema.ts'
import { priorityLevelConfiguration } from './prioritylevelconfiguration.ts'

const level = { priorityLevelConfiguration: { name: 'l' } }, url = { verbs: ['get'], nonResourceURLs: ['/a/*'] }, everybody = [{ kind: 'Group', group: { name: '*' } }]
const rules = (rule: object) => ({ spec: { ...level, rules: [{ subjects: everybody, nonResourceRules: [url], ...rule }] } })
const queue = (queuing: object) => ({ spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing } } } })
const at = 'spec.limited.limitResponse.queuing'

for (const [name, kind, body, ...expected] of [
  ['a schema', flowSchema, rules({})],
  ['a schema without a level', flowSchema, { spec: {} }, 'spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
  ['the first place', flowSchema, { spec: { ...level, matchingPrecedence: 1 } }, "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
  ['nobody and nothing', flowSchema, rules({ subjects: [], nonResourceRules: [] }), 'spec.rules[0].subjects: Required value: subjects must contain at least one value',
    'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty'],
  ['a user who is a group', flowSchema, rules({ subjects: [{ kind: 'User', user: { name: 'u' }, group: { name: 'g' } }] }), "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'"],
  ['resources of no namespace', flowSchema, rules({ resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] }),
    'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace'],
  ['a star among others', flowSchema, rules({ nonResourceRules: [{ ...url, verbs: ['*', 'get'] }] }), "spec.rules[0].nonResourceRules[0].verbs: Invalid value: [\"*\",\"get\"]: if '*' is present, must not specify other verbs"],
  ['a star in the middle', flowSchema, rules({ nonResourceRules: [{ ...url, nonResourceURLs: ['/a/*/b'] }] }), 'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a/*/b": wildcard can only do suffix matching'],
  ['an account of any namespace', flowSchema, rules({ subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: '*' } }] }),
    `spec.rules[0].subjects[0].serviceAccount.namespace: Invalid value: "*": ${isDNS1123Label('*')[0]}`],
  ['a namespace that is none', flowSchema, rules({ resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['N'] }] }),
    `spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "N": each member of this list must be '*' or a DNS-1123 label; ${isDNS1123Label('N')[0]}`],
  ['a way to tell flows apart that is none', flowSchema, { spec: { ...level, distinguisherMethod: { type: 'ByChance' } } }, 'spec.distinguisherMethod.type: Unsupported value: {"Type":"ByChance"}: supported values: "ByNamespace", "ByUser"'],
  ['another schema for all others', flowSchema, { metadata: { name: 'catch-all' }, spec: level }, 'spec: Invalid value: {"PriorityLevelConfiguration":{"Name":"l"},"MatchingPrecedence":1000,"DistinguisherMethod":null,"Rules":null}: '
    + "spec of 'catch-all' must equal the fixed value"],
  ['the exempt level, otherwise', priorityLevelConfiguration, { metadata: { name: 'exempt' }, spec: { type: 'Exempt', exempt: { lendablePercent: 9 } } }],
  ['another level for all others', priorityLevelConfiguration, { metadata: { name: 'catch-all' }, spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
    'spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":30,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: '
    + "spec of 'catch-all' must equal the fixed value"],
  ['a level', priorityLevelConfiguration, queue({})],
  ['a limited level without limits', priorityLevelConfiguration, { spec: { type: 'Limited' } }, 'spec.limited: Required value: must not be empty when type is Limited'],
  ['an exempt level of another name', priorityLevelConfiguration, { spec: { type: 'Exempt' } }, "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'"],
  ['a hand larger than the deck', priorityLevelConfiguration, queue({ queues: 4, handSize: 5 }), `${at}.handSize: Invalid value: 5: should not be greater than queues (4)`],
  ['a hand that takes too much chance', priorityLevelConfiguration, queue({ queues: 1000, handSize: 8 }), `${at}.handSize: Invalid value: 8: required entropy bits of deckSize 1000 and handSize 8 should not be greater than 60`],
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(kind, body), expected))
