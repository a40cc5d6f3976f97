// The variable `authorizer` of expressions: what the user of the request, or a service account, may do. Expressions do not wait; authorizers
// may take their time. What is not known yet stops the evaluation, which is made again when the answer has come.
import { authorizerValue, resourceCheckValue, type AuthorizationCheck, type AuthorizationDecision, type Authorize } from '#cel'
import type { User } from '#machinery'
import type { Authorizer, Decision } from '../authz/authz.ts'
import { fieldConditions, labelConditions } from '../authz/selector-attributes.ts'
import type { AdmissionAttributes } from './admission.ts'
import { namespaceOf } from './addressed.ts'

/** An evaluation that has to wait for an authorizer. */
export class Waiting extends Error {
  override readonly name = 'Waiting'
  readonly answer: Promise<void>
  constructor(answer: Promise<void>) { super('the authorizer has not answered yet'); this.answer = answer }
}

/** What one write has been told is true as long as it is admitted. */
const told = new WeakMap<AdmissionAttributes, Map<string, AuthorizationDecision>>()

export function authorizerVariables(authorizer: Authorizer, attributes: AdmissionAttributes): Readonly<Record<string, () => unknown>> {
  const { served, subresource, name } = attributes
  const authorize = asking(authorizer, attributes)
  return {
    authorizer: () => authorizerValue(authorize),
    'authorizer.requestResource': () => resourceCheckValue(authorize, { group: served.group, resource: served.resource, subresource, namespace: namespaceOf(attributes), name }),
  }
}

function asking(authorizer: Authorizer, attributes: AdmissionAttributes): Authorize {
  let known = told.get(attributes)
  if (!known) { known = new Map(); told.set(attributes, known) }
  const answers = known
  return (check) => {
    const key = JSON.stringify(check), answer = answers.get(key)
    if (answer) return answer
    const { verb, path = '', resource, group = '', subresource = '', namespace = '', name = '', fieldSelector, labelSelector, serviceAccount } = check
    const user = serviceAccount ? accountUser(serviceAccount) : attributes.user
    const fields = fieldSelector === undefined ? undefined : fieldConditions(fieldSelector), labels = labelSelector === undefined ? undefined : labelConditions(labelSelector)
    const selectors = { ...(fields && { fieldSelector: fields }), ...(labels && { labelSelector: labels }) }
    const asked = authorizer.authorize({ user, verb, path, ...(resource !== undefined && { resource: { group, version: '*', resource, subresource, namespace, name, ...selectors } }) })
    const keep = ({ verdict, reason, error }: Decision): AuthorizationDecision => {
      const decision = { allowed: verdict === 'allow', reason, ...(error !== undefined && { error }) }
      answers.set(key, decision)
      return decision
    }
    if (!(asked instanceof Promise)) return keep(asked)
    throw new Waiting(asked.then(keep, (error: unknown) => keep({ verdict: 'none', reason: '', error: error instanceof Error ? error.message : String(error) })).then(() => {}))
  }
}
const accountUser = ({ namespace, name }: NonNullable<AuthorizationCheck['serviceAccount']>): User =>
  ({ name: `system:serviceaccount:${namespace}:${name}`, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'] })
