// What is wrong with flow schemas and priority levels.
import { duplicateValue, forbiddenValue, invalidValue, isDNS1123Label, isDNS1123Subdomain, notInRange, notSupported, requiredValue, same, type FieldError } from '#machinery'
import { failing, oneOf, validateDNSSubdomain } from '../checks.ts'
import { goForm } from '../go-diff.ts'
import { flowSchemaSpecForm, priorityLevelSpecForm } from '../go-forms.ts'
import type { FlowSchemaSpec, FlowSchemaStatus, FlowSubject, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule } from './flowschema.ts'
import { mandatoryLevels, mandatorySchemas } from './mandatory.ts'
import type {
  LimitedPriorityLevelConfiguration, LimitResponse, PriorityLevelConfigurationSpec, PriorityLevelConfigurationStatus, QueuingConfiguration,
} from './prioritylevelconfiguration.ts'

const highestPrecedence = 10_000
interface Named { readonly metadata: { readonly name: string } }
export function validateFlowSchema({ metadata, spec, status }: Named & { spec: FlowSchemaSpec; status: FlowSchemaStatus }, _old?: object, subresource?: string): FieldError[] {
  const { matchingPrecedence: precedence, distinguisherMethod: method, priorityLevelConfiguration: { name: level }, rules = [] } = spec, at = 'spec.matchingPrecedence',
    fixed = mandatorySchemas.get(metadata.name)
  if (subresource === 'status') return validateConditionTypes(status)
  return [
    ...(precedence <= 0 ? [invalidValue(at, precedence, 'must be a positive value')] : []),
    ...(precedence > highestPrecedence ? [invalidValue(at, precedence, `must not be greater than ${highestPrecedence}`)] : []),
    ...(precedence === 1 && metadata.name !== 'exempt' ? [invalidValue(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")] : []),
    ...(method && !['ByNamespace', 'ByUser'].includes(method.type) ? [notSupported('spec.distinguisherMethod.type', { Type: method.type }, ['ByNamespace', 'ByUser'])] : []),
    ...(level ? validateDNSSubdomain(level, 'spec.priorityLevelConfiguration.name') : [requiredValue('spec.priorityLevelConfiguration.name', 'must reference a priority level')]),
    ...rules.flatMap((rule, i) => validateRules(rule, `spec.rules[${i}]`)),
    ...(fixed && !same(spec, fixed) ? [invalidValue('spec', goForm(flowSchemaSpecForm, spec), `spec of '${metadata.name}' must equal the fixed value`)] : []),
    ...validateConditionTypes(status),
  ]
}
const validateConditionTypes = ({ conditions = [] }: { conditions?: readonly { type?: string }[] }): FieldError[] => conditions.flatMap(({ type = '' }, i) => [
  ...(conditions.findIndex((c) => (c.type ?? '') === type) < i ? [duplicateValue(`status.conditions[${i}].type`, type)] : []),
  ...(type ? [] : [requiredValue(`status.conditions[${i}].type`, 'must not be empty')]),
])

const validateRules = ({ subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects, at: string): FieldError[] => [
  ...(subjects?.length ? subjects.flatMap((subject, i) => validateSubject(subject, `${at}.subjects[${i}]`))
    : [requiredValue(`${at}.subjects`, 'subjects must contain at least one value')]),
  ...(resourceRules.length || nonResourceRules.length ? [] : [requiredValue(at, 'at least one of resourceRules and nonResourceRules has to be non-empty')]),
  ...resourceRules.flatMap((rule, i) => validateResourceRule(rule, `${at}.resourceRules[${i}]`)),
  ...nonResourceRules.flatMap((rule, i) => validateNonResourceRule(rule, `${at}.nonResourceRules[${i}]`)),
]

const subjectFields = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const
function validateSubject(subject: FlowSubject, at: string): FieldError[] {
  const { kind, serviceAccount } = subject
  if (!Object.hasOwn(subjectFields, kind)) return [notSupported(`${at}.kind`, kind, Object.keys(subjectFields).sort())]
  const field = subjectFields[kind as keyof typeof subjectFields], here = `${at}.${field}`
  const others = Object.entries(subjectFields).filter(([other, name]) => other !== kind && subject[name]).map(([other, name]) =>
    forbiddenValue(`${at}.${name}`, `${name} is forbidden when subject kind is not '${other}'`))
  if (!subject[field]) return [requiredValue(here, `${field} is required when subject kind is '${kind}'`), ...others]
  if (field !== 'serviceAccount') return [...(subject[field]!.name ? [] : [requiredValue(`${here}.name`)]), ...others]
  const { name, namespace } = serviceAccount!
  return [
    ...(!name ? [requiredValue(`${here}.name`)] : name === '*' ? [] : failing(isDNS1123Subdomain, name, `${here}.name`)),
    ...(!namespace ? [requiredValue(`${here}.namespace`, 'must specify namespace for service account')]
      : failing(isDNS1123Label, namespace, `${here}.namespace`)),
    ...others,
  ]
}

const verbWords = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']
/** A list with at least one entry, in which a star stands alone; undefined when it is fine and has none. */
function starred(list: readonly string[] | null | undefined, at: string, missing: string, what: string): FieldError[] | undefined {
  if (!list?.length) return [requiredValue(at, missing)]
  if (!list.includes('*')) return undefined
  return list.length > 1 ? [invalidValue(at, list, `if '*' is present, must not specify other ${what}`)] : []
}
const validateVerbs = (verbs: readonly string[] | null | undefined, at: string): FieldError[] =>
  starred(verbs, `${at}.verbs`, 'verbs must contain at least one value', 'verbs')
    ?? (verbs!.every((verb) => verbWords.includes(verb)) ? [] : [notSupported(`${at}.verbs`, verbs, verbWords)])
const validateResourceRule = ({ verbs, apiGroups, resources, namespaces = [], clusterScope }: ResourcePolicyRule, at: string): FieldError[] => [
  ...validateVerbs(verbs, at),
  ...(starred(apiGroups, `${at}.apiGroups`, 'resource rules must supply at least one api group', 'api groups') ?? []),
  ...(starred(resources, `${at}.resources`, 'resource rules must supply at least one resource', 'resources') ?? []),
  ...(!namespaces.length && clusterScope ? []
    : starred(namespaces, `${at}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace', 'namespaces')
      ?? namespaces.flatMap((n, i) => isDNS1123Label(n).map((why) => invalidValue(`${at}.namespaces[${i}]`, n, `each member of this list must be '*' or a DNS-1123 label; ${why}`)))),
]
const validateNonResourceRule = ({ verbs, nonResourceURLs: urls }: NonResourcePolicyRule, at: string): FieldError[] => [
  ...validateVerbs(verbs, at),
  ...(starred(urls, `${at}.nonResourceURLs`, 'nonResourceURLs must contain at least one value', 'non-resource URLs')
    ?? urls!.flatMap((url, i) => validateURLPath(url, `${at}.nonResourceURLs[${i}]`))),
]
function validateURLPath(path: string, at: string): FieldError[] {
  const why = !path ? 'must not be empty' : path === '/' ? '' : !path.startsWith('/') ? 'must start with slash' : path.includes(' ') ? 'must not contain white-space'
    : path.includes('//') ? 'must not contain double slash'
    : /\*/.test(path.replace(/\/\*$/, '')) ? 'wildcard can only do suffix matching' : ''
  return why ? [invalidValue(at, path, why)] : []
}

export function validatePriorityLevel({ metadata: { name }, spec, status }: Named & { spec: PriorityLevelConfigurationSpec; status: PriorityLevelConfigurationStatus },
  _old?: object, subresource?: string): FieldError[] {
  const { type, exempt, limited } = spec, errors: FieldError[] = []
  if (subresource === 'status') return validateConditionTypes(status)
  if ((name === 'exempt') !== (type === 'Exempt')) errors.push(invalidValue('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"))
  if (type === 'Exempt') {
    if (limited) errors.push(forbiddenValue('spec.limited', 'must be nil if the type is not Limited'))
    if (exempt) errors.push(...validateShares(exempt, 'spec.exempt'))
  } else if (type === 'Limited') {
    if (exempt) errors.push(forbiddenValue('spec.exempt', 'must be nil if the type is Limited'))
    errors.push(...(limited ? validateLimited(limited, 'spec.limited') : [requiredValue('spec.limited', 'must not be empty when type is Limited')]))
  } else errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']))
  return [...errors, ...validateFixed(name, spec), ...validateConditionTypes(status)]
}
function validateFixed(name: string, spec: PriorityLevelConfigurationSpec): FieldError[] {
  const fixed = mandatoryLevels.get(name), { exempt, ...rest } = spec
  if (!fixed || same(name === 'exempt' ? rest : spec, fixed)) return []
  return [invalidValue('spec', goForm(priorityLevelSpecForm, spec), `spec of '${name}'${name === 'exempt' ? " except the 'spec.exempt' field" : ''} must equal the fixed value`)]
}
const validateShares = ({ nominalConcurrencyShares: shares = 0, lendablePercent: lent = 0 }: { nominalConcurrencyShares?: number; lendablePercent?: number },
  at: string): FieldError[] => [
  ...(shares < 0 ? [invalidValue(`${at}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')] : []),
  ...(lent < 0 || lent > 100 ? [invalidValue(`${at}.lendablePercent`, lent, notInRange(0, 100))] : []),
]
const validateLimited = (limited: LimitedPriorityLevelConfiguration, at: string): FieldError[] => [
  ...validateShares(limited, at),
  ...((limited.borrowingLimitPercent ?? 0) < 0 ? [invalidValue(`${at}.borrowingLimitPercent`, limited.borrowingLimitPercent, 'if specified, must be a non-negative integer')] : []),
  ...validateResponse(limited.limitResponse, `${at}.limitResponse`),
]
function validateResponse({ type, queuing }: LimitResponse, at: string): FieldError[] {
  if (type === 'Reject') return queuing ? [forbiddenValue(`${at}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')] : []
  if (type === 'Queue') return queuing ? validateQueuing(queuing, `${at}.queuing`) : [requiredValue(`${at}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')]
  return oneOf(type, ['Queue', 'Reject'], `${at}.type`)
}
const mostQueues = 10_000_000, mostBits = 60
function validateQueuing({ queueLengthLimit, queues, handSize }: QueuingConfiguration, at: string): FieldError[] {
  const errors: FieldError[] = [], wrong = (field: string, value: number, why: string) => errors.push(invalidValue(`${at}.${field}`, value, why))
  if (queueLengthLimit <= 0) wrong('queueLengthLimit', queueLengthLimit, 'must be positive')
  if (queues <= 0) wrong('queues', queues, 'must be positive')
  else if (queues > mostQueues) wrong('queues', queues, `must not be greater than ${mostQueues}`)
  if (handSize <= 0) wrong('handSize', handSize, 'must be positive')
  else if (handSize > queues) wrong('handSize', handSize, `should not be greater than queues (${queues})`)
  else if (bitsOf(queues, handSize) > mostBits) wrong('handSize', handSize,
    `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${mostBits}`)
  return errors
}
/** Bits of randomness that dealing a hand from so many queues takes. */
const bitsOf = (queues: number, hand: number): number => Math.ceil(Array.from({ length: hand }, (_, i) => Math.log2(queues - i)).reduce((sum, bits) => sum + bits, 0))
