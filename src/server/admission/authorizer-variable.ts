// The variable `authorizer` of expressions: what the user of the request may do.
import type { Authorizer } from '../authz/authz.ts'
import type { AdmissionAttributes } from './admission.ts'
import type { Addressed } from './addressed.ts'

export const authorizerVariables = (_authorizer: Authorizer, _attributes: AdmissionAttributes, _view: Addressed): Readonly<Record<string, unknown>> => ({})
