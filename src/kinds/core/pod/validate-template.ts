// Pod templates, and the ways in which their owners restrict them.
import {
  forbiddenValue, invalidValue, notSupported, requiredValue, selectorFrom, selectorOfSet, validateAnnotations, validateLabels, type FieldError,
  type LabelSelector, type Selector,
} from '#machinery'
import { sortedMap } from '../../checks.ts'
import type { PodTemplateSpec } from './spec.ts'
import { validatePodAnnotations, validateProfilesMatch } from './validate-annotations.ts'
import { validatePodSpec } from './validate-spec.ts'

export function validatePodTemplate({ metadata, spec }: PodTemplateSpec, at: string): FieldError[] {
  return [
    ...validateLabels(metadata.labels, `${at}.labels`), ...validateAnnotations(metadata.annotations ?? {}, `${at}.annotations`),
    ...validatePodAnnotations(metadata.annotations, spec, `${at}.annotations`),
    ...validatePodSpec(spec, `${at}.spec`), ...validateProfilesMatch(metadata.annotations, spec, `${at}.spec`),
    ...(spec.ephemeralContainers?.length ? [forbiddenValue(`${at}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')] : []),
  ]
}

/** The selector must find the pods that are made of the template. */
export function validateMatches(selector: Selector, template: PodTemplateSpec, at: string, old?: PodTemplateSpec): FieldError[] {
  // Whoever patches the last label away leaves an empty map, which is shown as such.
  const labels = template.metadata.labels ?? (old?.metadata.labels && {})
  return selector.empty || selector.matches(labels) ? [] : [invalidValue(`${at}.metadata.labels`, sortedMap(labels), '`selector` does not match template `labels`')]
}
/** A LabelSelector as a selector; undefined where it cannot be read, which other rules complain about. */
export function readSelector(selector: LabelSelector | null | undefined): Selector | undefined {
  try { return selectorFrom(selector) } catch { return undefined }
}
export const readSet = (labels: Readonly<Record<string, string>> | undefined): Selector => selectorOfSet(labels)

/** Templates of workloads that keep pods running: they restart always and have no deadline. */
export function validateLastingTemplate(template: PodTemplateSpec | undefined, selector: Selector | undefined, owner: string, at: string, old?: PodTemplateSpec): FieldError[] {
  if (!template) return [requiredValue(at)]
  return [...(selector ? validateMatches(selector, template, at, old) : []), ...validatePodTemplate(template, at), ...validateLastingSpec(template, owner, at)]
}
export function validateLastingSpec({ spec: { restartPolicy = '', activeDeadlineSeconds } }: PodTemplateSpec, owner: string, at: string): FieldError[] {
  return [
    ...(restartPolicy === 'Always' ? [] : [notSupported(`${at}.spec.restartPolicy`, restartPolicy, ['Always'])]),
    ...(activeDeadlineSeconds === undefined ? [] : [forbiddenValue(`${at}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`)]),
  ]
}
