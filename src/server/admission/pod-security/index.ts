// The Pod Security Standards, enforced on pods, told as warnings about what makes pods, noted for the audit (KEP-2579).
import { namespace as namespaceKind, pod as podKind, type Namespace, type Pod, type PodTemplateSpec } from '#kinds'
import { internalError, invalid, qualified, quote, type LooseObject } from '#machinery'
import { refusal, type AdmissionAttributes, type AdmissionPlugin } from '../admission.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import type { PluginConfiguration } from '../configuration.ts'
import { podSecurityConfiguration, type Exemptions } from './configuration.ts'
import { details, reasons, violations } from './evaluate.ts'
import { podSecurityFigures, type PodSecurityFigures } from './figures.ts'
import { equal, labelPrefix, policyOf, printed, stricter, type LevelVersion, type Policy } from './policy.ts'

/** Where in an object the template of pods lies. */
const templates: Readonly<Record<string, (object: LooseObject) => PodTemplateSpec | undefined>> = {
  podtemplates: (o) => o['template'] as PodTemplateSpec | undefined,
  replicationcontrollers: specTemplate, 'replicasets.apps': specTemplate, 'deployments.apps': specTemplate, 'statefulsets.apps': specTemplate, 'daemonsets.apps': specTemplate, 'jobs.batch': specTemplate,
  'cronjobs.batch': (o) => (o['spec'] as { jobTemplate?: { spec?: { template?: PodTemplateSpec } } } | undefined)?.jobTemplate?.spec?.template,
}
function specTemplate(object: LooseObject): PodTemplateSpec | undefined { return (object['spec'] as { template?: PodTemplateSpec } | undefined)?.template }

const ignoredParts = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])
/** Pods of a namespace that are looked at when more is asked of them. */
const mostPods = 3000

export function podSecurity(configuration: PluginConfiguration | undefined, metrics?: Metrics): AdmissionPlugin {
  const { defaults, exemptions } = podSecurityConfiguration(configuration), figures = podSecurityFigures(metrics)
  /** Read once for each version of a namespace. */
  const read = new WeakMap<object, ReturnType<typeof policyOf>>()
  const policyIn = (attributes: AdmissionAttributes) => {
    const found = attributes.objects.get(namespaceKind, attributes.namespace)
    if (!found) figures.failed(attributes, true)
    if (!found) throw internalError(`failed to lookup namespace ${quote(attributes.namespace)}`)
    let policy = read.get(found)
    if (!policy) { policy = policyOf(found.metadata.labels, defaults); read.set(found, policy) }
    return policy
  }
  const exempt = (attributes: AdmissionAttributes): boolean => {
    const why = exemptions.namespaces.includes(attributes.namespace) ? 'namespace' : exemptions.usernames.includes(attributes.user.name) ? 'user' : undefined
    if (why) { attributes.annotate(`${labelPrefix}exempt`, why); figures.exempted(attributes) }
    return why !== undefined
  }
  return {
    name: 'PodSecurity',
    handles: (operation, kind, subresource) => (operation === 'CREATE' || operation === 'UPDATE')
      && (qualified(kind) === 'pods' ? !ignoredParts.has(subresource) : subresource === '' && (qualified(kind) === 'namespaces' || qualified(kind) in templates)),
    validate(attributes) {
      const resource = qualified(attributes.kind), object = attributes.object!
      if (resource === 'namespaces') return onNamespace(attributes, defaults, exemptions)
      if (exempt(attributes)) return
      const { policy, errors } = policyIn(attributes)
      if (resource === 'pods') {
        const pod = object as Pod
        if (errors.length === 0 && allFree(policy, ['enforce', 'warn', 'audit'])) { attributes.annotate(`${labelPrefix}enforce-policy`, printed(policy.enforce)); figures.evaluated(attributes, 'enforce', policy.enforce, true); return }
        if (attributes.operation === 'UPDATE' && !matters(pod, attributes.old as Pod)) return
        return evaluate(attributes, policy, pod, exemptions, errors.map((e) => `${e.field}: ${e.message}`), true, figures)
      }
      if (errors.length === 0 && allFree(policy, ['warn', 'audit'])) return
      const template = templates[resource]!(object)
      if (template?.spec) evaluate(attributes, policy, template, exemptions, errors.map((e) => `${e.field}: ${e.message}`), false, figures)
    },
  }
}
const allFree = (policy: Policy, modes: readonly (keyof Policy)[]): boolean => modes.every((mode) => policy[mode].level === 'privileged')

function evaluate(attributes: AdmissionAttributes, policy: Policy, { metadata, spec }: Pick<Pod, 'spec'> & { readonly metadata?: Parameters<typeof violations>[1] | undefined }, exemptions: Exemptions, errors: readonly string[], enforce: boolean, figures: PodSecurityFigures): void {
  const note = (key: string, value: string) => attributes.annotate(labelPrefix + key, value)
  if (spec.runtimeClassName && exemptions.runtimeClasses.includes(spec.runtimeClassName)) { figures.exempted(attributes); return note('exempt', 'runtimeClass') }
  if (errors.length > 0) figures.failed(attributes, false)
  if (errors.length > 0) note('error', `Failed to parse policy: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`)
  const found = (mode: LevelVersion) => violations(mode, metadata ?? {}, spec)
  const audited = found(policy.audit), refused = enforce ? found(policy.enforce) : []
  if (enforce) { note('enforce-policy', printed(policy.enforce)); figures.evaluated(attributes, 'enforce', policy.enforce, refused.length === 0) }
  if (audited.length > 0) figures.evaluated(attributes, 'audit', policy.audit, false)
  if (audited.length > 0) note('audit-violations', `would violate PodSecurity ${quote(printed(policy.audit))}: ${details(audited)}`)
  if (refused.length > 0) throw refusal(attributes, `violates PodSecurity ${quote(printed(policy.enforce))}: ${details(refused)}`)
  const warned = found(policy.warn)
  if (warned.length === 0) return
  figures.evaluated(attributes, 'warn', policy.warn, false)
  attributes.warn(`would violate PodSecurity ${quote(printed(policy.warn))}: ${details(warned)}`)
}

/** Labels must make sense; whoever asks more of a namespace is told which of its pods do not fit. */
function onNamespace(attributes: AdmissionAttributes, defaults: Policy, exemptions: Exemptions): void {
  const { operation, object, old, kind } = attributes, { name, labels } = (object as Namespace).metadata
  const { policy, errors } = policyOf(labels, defaults), before = policyOf(old?.metadata.labels, defaults)
  const said = (list: typeof errors) => list.map((e) => `${e.field}: ${e.message}`).join()
  if (errors.length > 0 && (operation === 'CREATE' || said(errors) !== said(before.errors))) throw invalid(kind, name, errors)
  const was = before.policy.enforce, now = policy.enforce
  if (operation === 'UPDATE' && (equal(was, now) || now.level === 'privileged' || (was.version === now.version && !stricter(now.level, was.level)))) return
  if (exemptions.namespaces.includes(name)) return warnExempt(attributes, name, policy, defaults)
  if (operation === 'UPDATE') for (const warning of podsThatDoNotFit(attributes, name, now, exemptions)) attributes.warn(warning)
}

function warnExempt({ warn, annotate, object }: AdmissionAttributes, name: string, policy: Policy, defaults: Policy): void {
  annotate(`${labelPrefix}exempt`, 'namespace')
  const { labels = {} } = object!.metadata, modes = ['enforce', 'audit', 'warn'] as const
  if (allFree(policy, modes) || modes.every((mode) => equal(policy[mode], defaults[mode]))) return
  const asked = modes.filter((mode) => policy[mode].level !== 'privileged' && (labels[labelPrefix + mode] !== undefined || labels[`${labelPrefix}${mode}-version`] !== undefined))
  warn(`namespace ${quote(name)} is exempt from Pod Security, and the policy (${asked.map((mode) => `${mode}=${printed(policy[mode])}`).join(', ')}) will be ignored`)
}

function podsThatDoNotFit({ objects }: AdmissionAttributes, namespace: string, policy: LevelVersion, exemptions: Exemptions): string[] {
  const pods = objects.list(podKind, namespace), looked = inOrder(pods).slice(0, mostPods)
  const byReason = new Map<string, string[]>()
  for (const { metadata, spec } of looked) {
    if (spec.runtimeClassName && exemptions.runtimeClasses.includes(spec.runtimeClassName)) continue
    const found = violations(policy, metadata, spec)
    if (found.length > 0) byReason.set(reasons(found), [...(byReason.get(reasons(found)) ?? []), metadata.name])
  }
  const lines = [...byReason].map(([reason, names]) => {
    const others = names.length - 1
    return `${names.toSorted()[0]}${others === 0 ? '' : others === 1 ? ' (and 1 other pod)' : ` (and ${others} other pods)`}: ${reason}`
  }).sort()
  return [
    ...(looked.length < pods.length ? [`new PodSecurity enforce level only checked against the first ${looked.length} of ${pods.length} existing pods`] : []),
    ...(lines.length > 0 ? [`existing pods in namespace ${quote(namespace)} violate the new PodSecurity enforce level ${quote(printed(policy))}`] : []), ...lines,
  ]
}
/** One pod of each owner before the second of any. */
function inOrder(pods: readonly Pod[]): Pod[] {
  const seen = new Set<string>(), first: Pod[] = [], rest: Pod[] = []
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find((o) => o.controller)?.uid
    if (owner !== undefined && seen.has(owner)) rest.push(pod)
    else first.push(pod)
    if (owner !== undefined) seen.add(owner)
  }
  return [...first, ...rest]
}

/** Whether an update of a pod changes anything that rules look at: images, and what annotations say of seccomp. */
function matters(pod: Pod, old: Pod): boolean {
  const annotation = (p: Pod, key: string) => p.metadata.annotations?.[key]
  const differs = (key: string) => annotation(pod, key) !== annotation(old, key)
  if (differs('seccomp.security.alpha.kubernetes.io/pod')) return true
  const changed = (now: { readonly name: string; readonly image?: string }, was: { readonly image?: string } | undefined) =>
    was === undefined || now.image !== was.image || differs(`container.seccomp.security.alpha.kubernetes.io/${now.name}`)
  for (const list of ['containers', 'initContainers'] as const) {
    const now = pod.spec[list] ?? [], was = old.spec[list] ?? []
    if (now.length !== was.length || now.some((c, i) => changed(c, was[i]))) return true
  }
  return (pod.spec.ephemeralContainers ?? []).some((c) => changed(c, old.spec.ephemeralContainers?.find((o) => o.name === c.name)))
}
