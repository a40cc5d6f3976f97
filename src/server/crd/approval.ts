// Groups of the community (*.k8s.io, *.kubernetes.io) need someone's approval: an annotation says where it was given.
import { quote } from '#machinery'
import type { CustomResourceDefinition } from '#kinds'
import type { Condition } from './conditions.ts'

const annotation = 'api-approved.kubernetes.io'
const proposal = 'https://github.com/kubernetes/enhancements/pull/1111'

/** What the status says of it; undefined for everybody else's groups. */
export function approvalOf({ metadata, spec: { group } }: CustomResourceDefinition): Condition | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return undefined
  const text = metadata.annotations?.[annotation] ?? ''
  const condition = (status: string, reason: string, message: string): Condition => ({ type: 'KubernetesAPIApprovalPolicyConformant', status, reason, message })
  const must = `protected groups must have approval annotation ${quote(annotation)}`
  if (text === '') return condition('False', 'MissingAnnotation', `${must}, see ${proposal}`)
  if (text.startsWith('unapproved')) return condition('False', 'UnapprovedAnnotation', `not approved: ${quote(text)}`)
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]+/i.test(text)) return condition('True', 'ApprovedAnnotation', `approved in ${text}`)
  return condition('False', 'InvalidAnnotation', `${must} with either a URL or a reason starting with "unapproved", see ${proposal}`)
}
