// Which requests a webhook or a policy is about: rules of operations and resources, selectors of namespaces and objects.
import { namespace as namespaceKind, type NamedRuleWithOperations, type RuleWithOperations } from '#kinds'
import { notFound, type ApiError, type LooseObject, type Selector } from '#machinery'
import type { AdmissionAttributes } from './admission.ts'
import { equivalents, namespaceOf, requested, type Addressed } from './addressed.ts'

type Rule = RuleWithOperations & Partial<NamedRuleWithOperations>

/** What is matched: the rules with their selectors, parsed. */
export interface Criteria {
  readonly rules: readonly Rule[]
  /** None of these may match. */
  readonly excluded?: readonly Rule[]
  /** Whether no rules mean everything. */
  readonly openWithoutRules?: true
  readonly equivalent: boolean
  readonly namespaces: Selector
  readonly objects: Selector
}

/** In which version a request matches; undefined when it does not. Throws NotFound when it does, in a namespace that is not there. */
export function matching(attributes: AdmissionAttributes, { rules, excluded = [], openWithoutRules, equivalent, namespaces, objects }: Criteria): Addressed | undefined {
  const inNamespace = namespaceMatches(namespaces, attributes)
  if (inNamespace === false) return undefined
  if (!objects.empty && !labelled(objects, attributes.object) && !labelled(objects, attributes.old)) return undefined
  if (matchingRule(attributes, excluded, equivalent)) return undefined
  const match = rules.length === 0 && openWithoutRules ? requested(attributes) : matchingRule(attributes, rules, equivalent)
  if (match && inNamespace !== true) throw inNamespace
  return match
}

/** The version in which one of the rules matches: the request's own first, then the first rule that matches another. */
function matchingRule(attributes: AdmissionAttributes, rules: readonly Rule[], equivalent: boolean): Addressed | undefined {
  if (rules.length === 0) return undefined
  const asked = requested(attributes)
  if (rules.some((rule) => ruleMatches(rule, attributes, asked))) return asked
  if (!equivalent) return undefined
  const others = equivalents(attributes)
  for (const rule of others.length > 0 ? rules : []) {
    const other = others.find((each) => ruleMatches(rule, attributes, each))
    if (other) return other
  }
  return undefined
}

type Asked = Pick<AdmissionAttributes, 'operation' | 'subresource' | 'name' | 'served' | 'namespace' | 'object'>
/** Whether a rule means this operation on this resource. */
export function ruleMatches(rule: Rule, attributes: Asked, { resource: { group, version, resource } }: Pick<Addressed, 'resource'>): boolean {
  const { operation, subresource, name } = attributes
  const inNamespace = namespaceOf(attributes) !== '' && !(group === '' && version === 'v1' && resource === 'namespaces')
  return (rule.scope === undefined || rule.scope === '*' || rule.scope === (inNamespace ? 'Namespaced' : 'Cluster'))
    && oneOf(rule.operations, operation) && oneOf(rule.apiGroups, group) && oneOf(rule.apiVersions, version)
    && (rule.resources ?? []).some((text) => resourceMatches(text, resource, subresource))
    && (!rule.resourceNames?.length || rule.resourceNames.includes(name))
}
const oneOf = (list: readonly string[] | undefined, wanted: string): boolean => list?.some((each) => each === '*' || each === wanted) ?? false
function resourceMatches(text: string, resource: string, subresource: string): boolean {
  const at = text.indexOf('/'), main = at < 0 ? text : text.slice(0, at), part = at < 0 ? '' : text.slice(at + 1)
  return (main === '*' || main === resource) && (part === '*' || part === subresource)
}

const labelled = (selector: Selector, object: LooseObject | undefined): boolean => object?.metadata !== undefined && selector.matches(object.metadata.labels)

/** Whether the namespace is selected: an error where it is not there. What lies in none is always meant. */
function namespaceMatches(selector: Selector, attributes: AdmissionAttributes): boolean | ApiError {
  if (selector.empty) return true
  const { served: { resource }, subresource, operation, object, objects } = attributes
  const where = namespaceOf(attributes), isNamespaces = resource === 'namespaces'
  if (where === '' && !isNamespaces) return true
  // a namespace that is being written is not stored yet as it will be
  if (isNamespaces && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')) return selector.matches(object?.metadata.labels)
  const found = objects.get(namespaceKind, where)
  return found ? selector.matches(found.metadata.labels) : notFound(namespaceKind, where)
}

const exempt = new Set(['validating', 'mutating'].flatMap((sort) => ['webhookconfigurations', 'admissionpolicies', 'admissionpolicybindings'].map((what) => sort + what)))
/** What configures admission is never subject to webhooks: a mistake can always be undone. */
export const isExempt = ({ group, resource }: { readonly group: string; readonly resource: string }): boolean => group === 'admissionregistration.k8s.io' && exempt.has(resource)

const reviews = new Set(['selfsubjectreviews.authentication.k8s.io', 'tokenreviews.authentication.k8s.io', ...['localsubjectaccessreviews', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'subjectaccessreviews'].map((resource) => `${resource}.authorization.k8s.io`)])
/** Policies do not judge policies either, nor the questions who somebody is and what he may do; they do judge webhooks' configurations. */
export const isExemptOfPolicies = (kind: { readonly group: string; readonly resource: string }): boolean =>
  (isExempt(kind) && !kind.resource.endsWith('webhookconfigurations')) || reviews.has(`${kind.resource}.${kind.group}`)
