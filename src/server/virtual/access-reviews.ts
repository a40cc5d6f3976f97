// Who may do what, asked: SubjectAccessReview and its siblings. Nothing is stored.
import { localSubjectAccessReview, selfSubjectAccessReview, subjectAccessReview, type SubjectAccessReviewSpec } from '#kinds'
import { invalid, invalidValue, type ApiResponse, type FieldError, type LooseObject, type User } from '#machinery'
import type { AuthorizationAttributes } from '../authz/authz.ts'
import { readFields, readLabels } from '../authz/selector-attributes.ts'
import type { Call } from '../core.ts'
import { checkNamespace } from '../create.ts'
import type { VirtualResource } from '../route.ts'
import { answerReview, readReview } from './review.ts'
import { checkSelectors } from './review-selectors.ts'

type Spec = Partial<SubjectAccessReviewSpec>

const review = (kind: { group: string; resource: string }, subject: (call: Call, spec: Spec) => User, check: (spec: Spec, review: LooseObject) => FieldError[]): VirtualResource => ({
  group: kind.group, resource: kind.resource,
  async handle(call): Promise<ApiResponse> {
    const given = await readReview(call)
    checkNamespace(call, given)
    const spec = (given.spec ?? {}) as Spec
    const errors = check(spec, given)
    // the reference names no kind here
    if (errors.length > 0) throw invalid({ group: kind.group, kind: '' }, '', errors)
    const { attributes, unread } = asked(subject(call, spec), spec)
    const { verdict, reason, error } = await call.core.authorizer.authorize(attributes)
    const problems = [...(error === undefined ? [] : [error]), ...unread].join('; ')
    const status = { allowed: verdict === 'allow', ...(verdict === 'deny' && { denied: true }), ...(reason !== '' && { reason }), ...(problems !== '' && { evaluationError: problems }) }
    return answerReview(call, { ...given, status })
  },
})

const self = (call: Call): User => call.user
const named = (_call: Call, { user = '', groups = [], uid, extra }: Spec): User => ({ name: user, groups, ...(uid && { uid }), ...(extra && { extra }) })

/** What is asked for, and what of it could not be read. */
function asked(user: User, { resourceAttributes: of, nonResourceAttributes: path }: Spec): { readonly attributes: AuthorizationAttributes; readonly unread: readonly string[] } {
  if (!of) return { attributes: { user, verb: path?.verb ?? '', path: path?.path ?? '' }, unread: [] }
  const fields = of.fieldSelector && readFields(of.fieldSelector), labels = of.labelSelector && readLabels(of.labelSelector)
  const unread = Object.entries({ fieldSelector: fields, labelSelector: labels }).flatMap(([name, read]) =>
    (read?.unread ? [`spec.resourceAttributes.${name} ${read.conditions.length > 0 ? 'partially ' : ''}ignored due to parse error`] : []))
  const attributes = {
    user, verb: of.verb ?? '', path: '',
    resource: {
      // no version means that of any
      group: of.group ?? '', version: of.version || '*', resource: of.resource ?? '', subresource: of.subresource ?? '', namespace: of.namespace ?? '', name: of.name ?? '',
      ...(fields?.conditions.length && { fieldSelector: fields.conditions }), ...(labels?.conditions.length && { labelSelector: labels.conditions }),
    },
  }
  return { attributes, unread }
}

const pathShown = (path: { path?: string; verb?: string } | undefined) => ({ Path: path?.path ?? '', Verb: path?.verb ?? '' })
/** Something must be asked, of somebody. */
function checkSpec(spec: Spec, ofWhom = true): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec
  return [
    ...(resourceAttributes && nonResourceAttributes ? [invalidValue('spec.nonResourceAttributes', pathShown(nonResourceAttributes), 'cannot be specified in combination with resourceAttributes')] : []),
    ...(!resourceAttributes && !nonResourceAttributes ? [invalidValue('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')] : []),
    ...(ofWhom && !spec.user && !spec.groups?.length ? [invalidValue('spec.user', '', 'at least one of user or group must be specified')] : []),
    ...(resourceAttributes ? checkSelectors(resourceAttributes, 'spec.resourceAttributes') : []),
  ]
}
/** A review has no name, nor anything else that an object has. */
function checkEmpty(metadata: LooseObject['metadata'], namespaced = false): FieldError[] {
  const rest = Object.keys(metadata).filter((key) => key !== 'managedFields' && !(namespaced && key === 'namespace'))
  return rest.length > 0 ? [invalidValue('metadata', metadata, `must be empty${namespaced ? ' except for namespace' : ''}`)] : []
}
function checkLocal(spec: Spec, { metadata }: LooseObject): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec, at = 'spec.resourceAttributes.namespace'
  return [
    ...checkSpec(spec), ...checkEmpty(metadata, true),
    ...(resourceAttributes && resourceAttributes.namespace !== metadata.namespace ? [invalidValue(at, resourceAttributes.namespace ?? '', 'must match metadata.namespace')] : []),
    ...(nonResourceAttributes ? [invalidValue('spec.nonResourceAttributes', pathShown(nonResourceAttributes), 'disallowed on this kind of request')] : []),
  ]
}

export const accessReviews: readonly VirtualResource[] = [
  review(subjectAccessReview, named, (spec, { metadata }) => [...checkSpec(spec), ...checkEmpty(metadata)]),
  review(localSubjectAccessReview, named, checkLocal),
  review(selfSubjectAccessReview, self, (spec, { metadata }) => [...checkSpec(spec, false), ...checkEmpty(metadata)]),
]
