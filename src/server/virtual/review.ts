// What all reviews have in common: they are read like objects that are created, admitted, answered and forgotten.
import { managerName, type ApiResponse, type LooseObject } from '#machinery'
import type { Call } from '../core.ts'
import { trackFields } from '../managed-fields.ts'
import { writeOptions } from '../options.ts'
import { objectAnswer } from '../respond.ts'
import { admitted, readBody } from '../write.ts'

export async function readReview(call: Call, tracked = true): Promise<LooseObject> {
  const options = writeOptions(call.info.query, 'CreateOptions')
  const given = readBody(call, options)
  if (tracked) trackFields(call, given, undefined, managerName(options.fieldManager, call.request.headers['user-agent']), '')
  const write = admitted(call, 'CREATE', options, '')
  await call.core.admission.mutate(write, given, undefined)
  await call.core.admission.validate(write, given, undefined)
  return given
}

export const answerReview = (call: Call, review: object): ApiResponse => objectAnswer(call, 201, review as LooseObject)
