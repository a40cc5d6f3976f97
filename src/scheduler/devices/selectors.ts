// Whether a device is what a class or a request selects.
import { CelError, deviceVariable, type Compiled } from '#cel'
import { compileSelector, type Device, type DeviceSelector } from '#kinds'
import type { Candidate } from './pools.ts'

/** What one look at one device may cost. */
const mostCost = 1_000_000
const mostKnown = 1_000
const known = new Map<string, Compiled>()
function compiled(expression: string): Compiled {
  let found = known.get(expression)
  if (!found) {
    if (known.size >= mostKnown) known.clear()
    known.set(expression, found = compileSelector(expression))
  }
  return found
}
const variables = new WeakMap<Device, Readonly<Record<string, unknown>>>()
function variableOf({ device, slice: { spec: { driver } } }: Candidate): Readonly<Record<string, unknown>> {
  let found = variables.get(device)
  if (!found) variables.set(device, found = deviceVariable({ driver, ...device }))
  return found
}
const hint = '. consider using CEL optional chaining (.? followed by orValue()) or guarding the check with has() for optional fields'
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Whether all selectors hold; throws for those that cannot be asked. `whose` names them in errors: `class gpus`, `claim default/a`. */
export function selects(selectors: readonly DeviceSelector[], candidate: Candidate, whose: string): boolean {
  return selectors.every(({ cel }, i) => {
    const { expression } = cel!, found = compiled(expression)
    if (!found.ok) throw new Error(`${whose}: selector #${i}: CEL compile error: ${found.why}`)
    try {
      const budget = { perCall: mostCost, left: mostCost }, { value } = found.program.evaluate({ device: variableOf(candidate) }, budget)
      if (typeof value !== 'boolean') throw new CelError(`CEL result of type ${typeof value} could not be converted to bool`)
      return value
    } catch (error) {
      const why = messageOf(error)
      throw new Error(`${whose}: selector #${i} on device ${candidate.id}: CEL runtime error: ${why}${why.includes('no such key:') ? hint : ''}`, { cause: error })
    }
  })
}
