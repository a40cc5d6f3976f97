// Who may do what, asked: SubjectAccessReview and its siblings. Nothing is stored.
import { localSubjectAccessReview, selfSubjectAccessReview, subjectAccessReview, type ResourceAttributes, type SubjectAccessReviewSpec } from '#kinds'
import { invalid, invalidValue, type ApiResponse, type FieldError, type LooseObject, type User } from '#machinery'
import type { AuthorizationAttributes } from '../authz/authz.ts'
import { fieldConditions, labelConditions } from '../authz/selector-attributes.ts'
import type { Call } from '../core.ts'
import { checkNamespace } from '../create.ts'
import type { VirtualResource } from '../route.ts'
import { answerReview, readReview } from './review.ts'

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
    const { verdict, reason, error } = await call.core.authorizer.authorize(attributesOf(subject(call, spec), spec))
    const status = { allowed: verdict === 'allow', ...(verdict === 'deny' && { denied: true }), ...(reason !== '' && { reason }), ...(error !== undefined && { evaluationError: error }) }
    return answerReview(call, { ...given, status })
  },
})

const self = (call: Call): User => call.user
const named = (_call: Call, { user = '', groups = [], uid, extra }: Spec): User => ({ name: user, groups, ...(uid && { uid }), ...(extra && { extra }) })

function attributesOf(user: User, { resourceAttributes: of, nonResourceAttributes: path }: Spec): AuthorizationAttributes {
  if (!of) return { user, verb: path?.verb ?? '', path: path?.path ?? '' }
  const { fieldSelector, labelSelector } = of
  const fields = fieldSelector?.rawSelector ? fieldConditions(fieldSelector.rawSelector) : undefined, labels = labelSelector?.rawSelector ? labelConditions(labelSelector.rawSelector) : undefined
  return {
    user, verb: of.verb ?? '', path: '',
    resource: {
      group: of.group ?? '', version: of.version ?? '', resource: of.resource ?? '', subresource: of.subresource ?? '', namespace: of.namespace ?? '', name: of.name ?? '',
      ...(fields && { fieldSelector: fields }), ...(labels && { labelSelector: labels }),
    },
  }
}

const pathShown = (path: { path?: string; verb?: string } | undefined) => ({ Path: path?.path ?? '', Verb: path?.verb ?? '' })
function checkAttributes({ resourceAttributes, nonResourceAttributes }: Spec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) return [invalidValue('spec.nonResourceAttributes', pathShown(nonResourceAttributes), 'cannot be specified in combination with resourceAttributes')]
  if (!resourceAttributes && !nonResourceAttributes) return [invalidValue('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')]
  return resourceAttributes ? checkSelectors(resourceAttributes) : []
}
function checkSelectors(of: ResourceAttributes): FieldError[] {
  return (['fieldSelector', 'labelSelector'] as const).flatMap((name) => {
    const selector = of[name]
    if (!selector) return []
    const field = `spec.resourceAttributes.${name}`
    if (selector.rawSelector && selector.requirements?.length) return [invalidValue(`${field}.rawSelector`, selector.rawSelector, 'may not specified at the same time as requirements')]
    return []
  })
}
function checkSubject(spec: Spec, { metadata }: LooseObject): FieldError[] {
  const errors = checkAttributes(spec)
  if (!spec.user && !spec.groups?.length) errors.push(invalidValue('spec.user', '', 'at least one of user or group must be specified'))
  return [...errors, ...checkEmpty(metadata)]
}
/** A review has no name, nor anything else that an object has. */
function checkEmpty(metadata: LooseObject['metadata'], except: readonly string[] = []): FieldError[] {
  const rest = Object.keys(metadata).filter((key) => key !== 'managedFields' && !except.includes(key))
  return rest.length > 0 ? [invalidValue('metadata', metadata, 'must be empty')] : []
}
function checkLocal(spec: Spec, given: LooseObject): FieldError[] {
  const errors = checkAttributes(spec)
  if (!spec.user && !spec.groups?.length) errors.push(invalidValue('spec.user', '', 'at least one of user or group must be specified'))
  errors.push(...checkEmpty(given.metadata, ['namespace']))
  if (spec.resourceAttributes && spec.resourceAttributes.namespace !== given.metadata.namespace) errors.push(invalidValue('spec.resourceAttributes.namespace', spec.resourceAttributes.namespace ?? '', 'must match metadata.namespace'))
  if (spec.nonResourceAttributes) errors.push(invalidValue('spec.nonResourceAttributes', pathShown(spec.nonResourceAttributes), 'disallowed on this kind of request'))
  return errors
}

export const accessReviews: readonly VirtualResource[] = [
  review(subjectAccessReview, named, checkSubject),
  review(localSubjectAccessReview, named, checkLocal),
  review(selfSubjectAccessReview, self, (spec, { metadata }) => [...checkAttributes(spec), ...checkEmpty(metadata)]),
]
