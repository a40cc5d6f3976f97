// The audit policy: which requests are written down, how much of them, and when (audit.k8s.io/v1 Policy). The first rule that matches decides.
import { decode, DecodeError, invalidValue, nameIsDNSSubdomain, notSupported, quote, requiredValue, s, type FieldError, type Infer, type User } from '#machinery'
import type { RequestInfo } from '../request.ts'
import { readYaml, unmarshalErrors } from '../yaml.ts'
import { levels, stages, type Level, type Stage } from './event.ts'

const strings = () => s.list(s.string())
const groupResources = s.object('io.k8s.audit.v1.GroupResources', { group: s.string(), resources: strings(), resourceNames: strings() })
const policyRule = s.object('io.k8s.audit.v1.PolicyRule', {
  level: s.required(s.string()), users: strings(), userGroups: strings(), verbs: strings(), resources: s.list(groupResources), namespaces: strings(), nonResourceURLs: strings(), omitStages: strings(), omitManagedFields: s.bool({ keepEmpty: true }),
})
const policySchema = s.object('io.k8s.audit.v1.Policy', { metadata: s.any(), rules: s.required(s.list(policyRule)), omitStages: strings(), omitManagedFields: s.bool() })
type Rule = Infer<typeof policyRule>
type Policy = Infer<typeof policySchema>

/** What is written down of one request. */
export interface RequestPolicy { readonly level: Level; readonly omitStages: ReadonlySet<string>; readonly omitManagedFields: boolean }
export type AuditPolicy = (info: RequestInfo, user: User | undefined) => RequestPolicy

/** A policy from the text of its file. Throws an Error in the reference's words; `warn` is told what was read although it is not right. */
export function parsePolicy(text: string, warn: (text: string) => void): AuditPolicy {
  const { value, error, duplicates } = readYaml(text)
  if (error !== undefined) throw new Error(`failed decoding: error converting YAML to JSON: ${error}`)
  checkType(value, warn)
  const strict: string[] = duplicates.length > 0 ? [unmarshalErrors(duplicates)] : []
  let policy: Policy
  try {
    policy = decode(policySchema, value, { strict })
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new Error(`failed decoding: ${cause.message}`, { cause })
  }
  const unknown = strict.filter((problem) => !/"(?:kind|apiVersion)"$/.test(problem))
  if (unknown.length > 0) warn(`Audit policy contains errors, falling back to lenient decoding: strict decoding error: ${unknown.join(', ')}`)
  const errors = policy.rules.flatMap(ruleErrors).map(({ field, message }) => `${field}: ${message}`)
  if (errors.length > 0) throw new Error(errors.length === 1 ? errors[0] : `[${[...new Set(errors)].join(', ')}]`)
  if (policy.rules.length === 0) throw new Error('loaded illegal policy with 0 rules')
  return policyOf(policy)
}

/** Everything at one level, for when no policy was given. */
export const uniformPolicy = (level: Level, omitStages: readonly Stage[] = []): AuditPolicy => {
  const always: RequestPolicy = { level, omitStages: new Set(omitStages), omitManagedFields: false }
  return () => always
}

function checkType(value: unknown, warn: (text: string) => void): void {
  const { kind, apiVersion } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: unknown; apiVersion?: unknown }
  if (typeof kind !== 'string' || kind === '') throw new Error("failed decoding: Object 'Kind' is missing in the policy")
  if (typeof apiVersion !== 'string' || apiVersion === '') throw new Error("failed decoding: Object 'apiVersion' is missing in the policy")
  const known = apiVersion === 'audit.k8s.io/v1' || apiVersion === 'audit.k8s.io/v1beta1'
  if (!known || kind !== 'Policy') throw new Error(`failed decoding: no kind ${quote(kind)} is registered for version ${quote(apiVersion)}`)
  if (apiVersion !== 'audit.k8s.io/v1') warn(`the audit policy is of ${apiVersion}, which the reference no longer reads; write audit.k8s.io/v1`)
}

function ruleErrors(rule: Rule, i: number): FieldError[] {
  const at = `rules[${i}]`, errors: FieldError[] = []
  if (rule.level === '') errors.push(requiredValue(`${at}.level`, ''))
  else if (!(levels as readonly string[]).includes(rule.level)) errors.push(notSupported(`${at}.level`, rule.level, levels))
  for (const [n, url] of (rule.nonResourceURLs ?? []).entries()) {
    if (url === '*') continue
    const where = `${at}.nonResourceURLs[${n}]`
    if (!url.startsWith('/')) errors.push(invalidValue(where, url, "non-resource URL rules must begin with a '/' character"))
    if (url.slice(0, -1).includes('*')) errors.push(invalidValue(where, url, "non-resource URL wildcards '*' must be the final character of the rule"))
  }
  for (const { group = '', resources = [], resourceNames = [] } of rule.resources ?? []) {
    const problems = group === '' ? [] : nameIsDNSSubdomain(group, false)
    if (problems.length > 0) errors.push(invalidValue(`${at}.resources.group`, group, problems.join(',')))
    if (resourceNames.length > 0 && resources.length === 0) errors.push(invalidValue(`${at}.resources.resourceNames`, resourceNames, 'using resourceNames requires at least one resource'))
  }
  for (const [n, stage] of (rule.omitStages ?? []).entries())
    if (!(stages as readonly string[]).includes(stage)) errors.push(invalidValue(`${at}.omitStages[${n}]`, stage, `allowed stages are ${stages.join(',')}`))
  const both = (rule.nonResourceURLs ?? []).length > 0 && ((rule.resources ?? []).length > 0 || (rule.namespaces ?? []).length > 0)
  if (both) errors.push(invalidValue(`${at}.nonResourceURLs`, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'))
  return errors
}

function policyOf({ rules, omitStages = [], omitManagedFields = false }: Policy): AuditPolicy {
  const decided = rules.map((rule) => ({
    rule, then: { level: rule.level as Level, omitStages: new Set([...omitStages, ...rule.omitStages ?? []]), omitManagedFields: rule.omitManagedFields ?? omitManagedFields },
  }))
  const otherwise: RequestPolicy = { level: 'None', omitStages: new Set(omitStages), omitManagedFields }
  return (info, user) => decided.find(({ rule }) => matches(rule, info, user))?.then ?? otherwise
}

function matches({ users = [], userGroups = [], verbs = [], namespaces = [], resources = [], nonResourceURLs = [] }: Rule, info: RequestInfo, user: User | undefined): boolean {
  if (users.length > 0 && !(user && users.includes(user.name))) return false
  if (userGroups.length > 0 && !user?.groups.some((group) => userGroups.includes(group))) return false
  if (verbs.length > 0 && !verbs.includes(info.verb)) return false
  if (namespaces.length > 0 || resources.length > 0) {
    if (!info.isResource || (namespaces.length > 0 && !namespaces.includes(info.namespace))) return false
    return resources.length === 0 || resources.some((one) => covers(one, info))
  }
  if (nonResourceURLs.length > 0) return !info.isResource && nonResourceURLs.some((url) => url === '*' || url === info.path || (url.endsWith('*') && info.path.startsWith(url.replace(/\*+$/, ''))))
  return true
}

function covers({ group = '', resources = [], resourceNames = [] }: Infer<typeof groupResources>, info: RequestInfo): boolean {
  if (group !== info.group) return false
  if (resources.length === 0) return true
  if (resourceNames.length > 0 && !resourceNames.includes(info.name)) return false
  const { resource, subresource } = info, combined = subresource === '' ? resource : `${resource}/${subresource}`
  return resources.some((one) => one === '*' || one === combined || (subresource !== '' && one === `*/${subresource}`) || (one.endsWith('/*') && one.slice(0, -2) === resource))
}
