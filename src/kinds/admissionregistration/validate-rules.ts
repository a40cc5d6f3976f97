// What is wrong with the rules, the callers and the conditions that webhooks and admission policies share.
import {
  duplicateValue, forbiddenValue, hasThreeSegments, invalidValue, isDNS1035Label, isDNS1123Subdomain, isQualifiedName, notSupported, requiredValue, same, tooMany,
  validateLabelSelector, type FieldError,
} from '#machinery'
import { failing, oneOf, validatePathSegment } from '../checks.ts'
import { condition, environment, expression, type Expression, type Variables } from './expressions.ts'
import type { AdmissionWebhookClientConfig, MatchCondition, MatchResources, NamedRuleWithOperations, ParamKind, ParamRef, RuleWithOperations, Variable } from './match.ts'
import { validateServiceCaller, validateURL } from './validate-caller.ts'

/** A list with entries, in which a star stands alone. */
function starred(list: readonly string[] | undefined, at: string, what: string): FieldError[] {
  if (!list?.length) return [requiredValue(at)]
  return list.length > 1 && list.includes('*') ? [invalidValue(at, list, `if '*' is present, must not specify other ${what}`)] : []
}
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
export const validateRule = (rule: RuleWithOperations, at: string): FieldError[] => [
  ...starred(rule.operations, `${at}.operations`, 'operations'),
  ...(rule.operations ?? []).flatMap((operation, i) => oneOf(operation, operations, `${at}.operations[${i}]`)),
  ...starred(rule.apiGroups, `${at}.apiGroups`, 'API groups'),
  ...starred(rule.apiVersions, `${at}.apiVersions`, 'API versions'),
  ...(rule.apiVersions ?? []).flatMap((version, i) => (version ? [] : [requiredValue(`${at}.apiVersions[${i}]`)])),
  ...validateRuleResources(rule.resources ?? [], `${at}.resources`),
  ...(rule.scope === undefined ? [] : oneOf(rule.scope, ['*', 'Cluster', 'Namespaced'], `${at}.scope`)),
]
function validateRuleResources(resources: readonly string[], at: string): FieldError[] {
  if (!resources.length) return [requiredValue(at)]
  const errors: FieldError[] = [], wholly = new Set<string>(), everywhere = new Set<string>()
  let plain = false
  for (const [i, text] of resources.entries()) {
    if (!text) { errors.push(requiredValue(`${at}[${i}]`)); continue }
    const slash = text.indexOf('/')
    if (slash < 0) { plain = text !== '*'; continue }
    const resource = text.slice(0, slash), part = text.slice(slash + 1)
    if (wholly.has(resource)) errors.push(invalidValue(`${at}[${i}]`, text, `if '${resource}/*' is present, must not specify ${text}`))
    if (everywhere.has(part)) errors.push(invalidValue(`${at}[${i}]`, text, `if '*/${part}' is present, must not specify ${text}`))
    if (part === '*') wholly.add(resource)
    if (resource === '*') everywhere.add(part)
  }
  if (resources.length > 1 && resources.includes('*/*')) errors.push(invalidValue(at, resources, "if '*/*' is present, must not specify other resources"))
  if (resources.includes('*') && plain) errors.push(invalidValue(at, resources, "if '*' is present, must not specify other resources without subresources"))
  return errors
}

const mostConditions = 64
/** Conditions: what they are called, and whether their expressions hold water. */
export function validateMatchConditions(conditions: readonly MatchCondition[] | undefined, at: string, params: boolean): FieldError[] {
  const list = conditions ?? [], scope = environment({ params, authorizer: true })
  return [
    ...(list.length > mostConditions ? [tooMany(at, list.length, mostConditions)] : []),
    ...list.flatMap(({ name, expression: source }, i) => [
      ...(source.trim() ? wrongExpression(source.trim(), expression(source.trim(), scope, condition), `${at}[${i}].expression`) : [requiredValue(`${at}[${i}].expression`)]),
      ...(name ? failing(isQualifiedName, name, `${at}[${i}].name`) : [requiredValue(`${at}[${i}].name`)]),
      ...(name && list.findIndex((c) => c.name === name) < i ? [duplicateValue(`${at}[${i}].name`, name)] : []),
    ]),
  ]
}
/** What is wrong with an expression, shown as `source`. */
export const wrongExpression = (source: string, made: Expression, at: string): FieldError[] => (made.ok ? [] : [invalidValue(at, source, made.detail)])

interface Webhook {
  name: string; rules?: RuleWithOperations[]; failurePolicy?: string; matchPolicy?: string; sideEffects?: string; timeoutSeconds?: number
  namespaceSelector?: MatchResources['namespaceSelector']; objectSelector?: MatchResources['objectSelector']; reinvocationPolicy?: string
  clientConfig: AdmissionWebhookClientConfig; matchConditions?: MatchCondition[]; admissionReviewVersions: string[] | null
}
const word = (value: string | undefined, words: readonly string[], at: string): FieldError[] => (value === undefined ? [] : oneOf(value, words, at))
const noEffects = ['None', 'NoneOnDryRun'], versions = ['v1', 'v1beta1'], longestWait = 30

/** Webhooks of one configuration, of either sort. What was wrong in the configuration before (another version allowed it) may stay so. */
export function validateWebhooks(hooks: readonly Webhook[] = [], old: readonly Webhook[] = []): FieldError[] {
  const effects = old.every(({ sideEffects }) => sideEffects !== undefined && noEffects.includes(sideEffects)) ? noEffects : ['None', 'NoneOnDryRun', 'Some', 'Unknown']
  const known = old.every(({ admissionReviewVersions: given }) => !given?.length || given.some((version) => versions.includes(version)))
  const unique = new Set(old.map(({ name }) => name)).size === old.length
  const sameConditions = hooks.length === old.length && hooks.every(({ matchConditions }, i) => same(matchConditions, old[i]!.matchConditions))
  return hooks.flatMap((hook, i) => [
    ...validateWebhook(hook, `webhooks[${i}]`, effects),
    ...(sameConditions ? [] : validateMatchConditions(hook.matchConditions, `webhooks[${i}].matchConditions`, false)),
    ...validateReviewVersions(hook.admissionReviewVersions ?? [], `webhooks[${i}].admissionReviewVersions`, known),
    ...(unique && hook.name && hooks.findIndex((h) => h.name === hook.name) < i ? [duplicateValue(`webhooks[${i}].name`, hook.name)] : []),
  ])
}
function validateWebhook(hook: Webhook, at: string, effects: readonly string[]): FieldError[] {
  const { sideEffects, timeoutSeconds: wait, clientConfig: { url, service } } = hook, badName = isDNS1123Subdomain(hook.name)
  return [
    ...(!hook.name ? [requiredValue(`${at}.name`)] : badName.length ? [invalidValue(`${at}.name`, hook.name, badName.join(','))]
      : failing(hasThreeSegments, hook.name, `${at}.name`)),
    ...(hook.rules ?? []).flatMap((rule, i) => validateRule(rule, `${at}.rules[${i}]`)),
    ...word(hook.failurePolicy, ['Fail', 'Ignore'], `${at}.failurePolicy`),
    ...word(hook.matchPolicy, ['Equivalent', 'Exact'], `${at}.matchPolicy`),
    ...(sideEffects === undefined ? [requiredValue(`${at}.sideEffects`, `must specify one of ${effects.join(', ')}`)] : oneOf(sideEffects, effects, `${at}.sideEffects`)),
    ...(wait !== undefined && (wait > longestWait || wait < 1) ? [invalidValue(`${at}.timeoutSeconds`, wait, `the timeout value must be between 1 and ${longestWait} seconds`)]
      : []),
    ...validateLabelSelector(hook.namespaceSelector, `${at}.namespaceSelector`), ...validateLabelSelector(hook.objectSelector, `${at}.objectSelector`),
    ...word(hook.reinvocationPolicy, ['IfNeeded', 'Never'], `${at}.reinvocationPolicy`),
    ...((url === undefined) === (service === undefined) ? [requiredValue(`${at}.clientConfig`, 'exactly one of url or service is required')]
      : url !== undefined ? validateURL(url, `${at}.clientConfig.url`) : validateServiceCaller(service!, `${at}.clientConfig.service`)),
  ]
}
function validateReviewVersions(given: readonly string[], at: string, known: boolean): FieldError[] {
  if (!given.length) return [requiredValue(at, `must specify one of ${versions.join(', ')}`)]
  return [
    ...given.flatMap((version, i) => (given.indexOf(version) < i ? [invalidValue(`${at}[${i}]`, version, 'duplicate version')] : failing(isDNS1035Label, version, `${at}[${i}]`))),
    ...(!known || given.some((version) => versions.includes(version)) ? [] : [invalidValue(at, given, `must include at least one of ${versions.join(', ')}`)]),
  ]
}

/** What a policy or a binding matches. */
export function validateMatchResources({ matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] }: MatchResources,
  at: string): FieldError[] {
  const selector = (given: MatchResources['namespaceSelector'], field: string) => (given ? validateLabelSelector(given, field) : [requiredValue(field)])
  return [
    ...(matchPolicy === undefined ? [requiredValue(`${at}.matchPolicy`)] : oneOf(matchPolicy, ['Equivalent', 'Exact'], `${at}.matchPolicy`)),
    ...selector(namespaceSelector, `${at}.namespaceSelector`), ...selector(objectSelector, `${at}.objectSelector`),
    ...resourceRules.flatMap((rule, i) => validateNamedRule(rule, `${at}.resourceRules[${i}]`)),
    ...excludeResourceRules.flatMap((rule, i) => validateNamedRule(rule, `${at}.excludeResourceRules[${i}]`)),
  ]
}
const validateNamedRule = (rule: NamedRuleWithOperations, at: string): FieldError[] => [
  ...(rule.resourceNames ?? []).flatMap((name, i, names) => [
    ...validatePathSegment(name, `${at}.resourceNames[${i}]`), ...(names.indexOf(name) < i ? [duplicateValue(`${at}.resourceNames[${i}]`, name)] : []),
  ]),
  ...validateRule(rule, at),
]

export function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, at: string): FieldError[] {
  const parts = apiVersion.split('/'), [group, version] = parts.length === 1 ? ['', apiVersion] : parts, badGroup = group ? isDNS1123Subdomain(group)
    : [], badVersion = isDNS1035Label(version ?? ''), badKind = isDNS1035Label(kind.toLowerCase())
  const here = `${at}.apiVersion`
  return [
    ...(!apiVersion ? [requiredValue(here)] : parts.length > 2 ? [invalidValue(here, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)] : [
      ...(badGroup.length ? [invalidValue(here, group, badGroup.join(','))] : []),
      ...(!version ? [invalidValue(here, apiVersion, 'version must be specified')] : badVersion.length ? [invalidValue(here, version, badVersion.join(','))] : []),
    ]),
    ...(!kind ? [requiredValue(`${at}.kind`)] : badKind.length ? [invalidValue(`${at}.kind`, kind, `may have mixed case, but should otherwise match: ${badKind.join(',')}`)] : []),
  ]
}
export function validateParamRef({ name, selector, parameterNotFoundAction: action }: ParamRef, at: string): FieldError[] {
  const both = 'name and selector are mutually exclusive', clash = name && selector
  return [
    ...(name ? validatePathSegment(name, `${at}.name`) : []), ...(clash ? [forbiddenValue(`${at}.name`, both)] : []),
    ...validateLabelSelector(selector, `${at}.selector`), ...(clash ? [forbiddenValue(`${at}.selector`, both)] : []),
    ...(!name && !selector ? [requiredValue(at, 'one of name or selector must be specified')] : []),
    ...(!action ? [requiredValue(`${at}.parameterNotFoundAction`)] : ['Allow', 'Deny'].includes(action) ? []
      : [notSupported(`${at}.parameterNotFoundAction`, action, ['Deny', 'Allow'])]),
  ]
}

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/
/** Words of the expression language that are no names. */
const reserved = ['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return',
  'var', 'void', 'while']
/** A policy's variables, with what was made of their expressions. */
export const validateVariables = (variables: readonly Variable[], made: Variables, at: string): FieldError[] => variables.flatMap(({ name, expression: source }, i) => [
  ...(!name.trim() ? [requiredValue(`${at}[${i}].name`, 'name is not specified')] : identifier.test(name) && !reserved.includes(name) ? []
    : [invalidValue(`${at}[${i}].name`, name, 'must be a valid CEL identifier')]),
  ...(source.trim() ? wrongExpression(source, made.expressions.get(name)!, `${at}[${i}].expression`) : [requiredValue(`${at}[${i}].expression`, 'expression is not specified')]),
])
