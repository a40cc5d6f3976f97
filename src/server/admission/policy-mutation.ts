// One mutation of a policy: what its expression evaluates to, and the object after it.
import { namesOutOfPlace } from '#cel'
import { ApiError, applyJsonPatch, decode, DecodeError, internalError, isFailedTest, overlaid, OverlayError, whyPatchFailed, type LooseObject } from '#machinery'
import type { Addressed } from './addressed.ts'
import { OutOfBudget, type Evaluated, type Evaluation, type policyBudget } from './policy-evaluate.ts'
import type { CompiledMutation } from './policy-mutating.ts'

/** A mutation that cannot be carried out: the policy's failure policy decides. */
export class MutationError extends Error { override readonly name = 'MutationError' }

/** The object after the mutation, as JSON. Rejects with MutationError; an ApiError where what came out is no such object. */
export async function mutated(mutation: CompiledMutation, evaluation: Evaluation, budget: ReturnType<typeof policyBudget>, object: LooseObject, view: Addressed): Promise<unknown> {
  if (!mutation.expression.ok) throw new MutationError(mutation.expression.detail)
  const result = await evaluated(mutation, evaluation, budget)
  return mutation.patchType === 'JSONPatch' ? patched(result, object, view) : configured(result, object, view)
}

async function evaluated(mutation: CompiledMutation, evaluation: Evaluation, budget: ReturnType<typeof policyBudget>): Promise<Extract<Evaluated, { value: unknown }>> {
  let result: Evaluated
  try {
    result = await evaluation.evaluate(mutation, budget)
  } catch (error) {
    throw error instanceof OutOfBudget ? new MutationError(error.message) : error
  }
  if ('error' in result) throw new MutationError(result.error)
  const misplaced = namesOutOfPlace(result.value)
  if (misplaced.length > 0) throw new MutationError(`type mismatch: ${misplaced.join('\n')}`)
  return result
}

function configured(result: Extract<Evaluated, { value: unknown }>, object: LooseObject, { served, own }: Addressed): unknown {
  const config = { ...result.json() as object, apiVersion: object.apiVersion, kind: object.kind }
  if (!own) return { ...object, ...config }
  try {
    return overlaid(served.schema, object, config)
  } catch (error) {
    throw error instanceof OverlayError ? new MutationError(`error applying patch: ${error.message}`) : error
  }
}

function patched(result: Extract<Evaluated, { value: unknown }>, object: LooseObject, { served, own }: Addressed): unknown {
  let next: unknown
  try {
    next = applyJsonPatch(object, result.json())
  } catch (error) {
    if (isFailedTest(error)) return object // a test that fails says that there is nothing to do
    throw error instanceof ApiError ? new MutationError(`JSONPath: ${whyPatchFailed(error)}`) : error
  }
  if (own && !served.custom) refuseUnknown(next, served.schema)
  return next
}

/** What a patch makes must be known field by field. */
function refuseUnknown(value: unknown, schema: Addressed['served']['schema']): void {
  const strict: string[] = []
  try {
    decode(schema, value, { strict })
  } catch (error) {
    throw error instanceof DecodeError ? internalError(error.message, error) : error
  }
  if (strict.length > 0) throw internalError(`strict decoding error: ${strict.join(', ')}`)
}
