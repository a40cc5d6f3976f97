import { invalidValue, type FieldError } from '#machinery'
import type { PodSpec } from './spec.ts'

/** Annotations of pods and templates that mean something to Kubernetes itself. */
export function validatePodAnnotations(annotations: Readonly<Record<string, string>> | undefined, spec: PodSpec, at: string): FieldError[] {
  const errors: FieldError[] = []
  const cost = annotations?.['controller.kubernetes.io/pod-deletion-cost']
  if (cost !== undefined && !(/^-?(?:0|[1-9]\d*)$/.test(cost) && Math.abs(Number(cost)) < 2 ** 31)) errors.push(invalidValue(`${at}.controller.kubernetes.io/pod-deletion-cost`,
    cost, 'must be a 32bit integer'))
  const mirror = annotations?.['kubernetes.io/config.mirror']
  if (mirror !== undefined && !spec.nodeName) errors.push(invalidValue(`${at}[kubernetes.io/config.mirror]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'))
  return errors
}
