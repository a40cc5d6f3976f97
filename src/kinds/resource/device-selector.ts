// What selectors of devices may name (the device: its driver, attributes and capacity), and what is wrong with their expressions.
import { compile, type CelEnvironment, type CelType, type Compiled } from '#cel'
import { forbiddenValue, invalidValue, takesMore, tooLong, type FieldError } from '#machinery'

/** The longest domain, name and value of an attribute, and how many of them a device has. */
export const longestDomain = 63, longestIdentifier = 32, longestValue = 64, mostOfDevice = 32
const text = (mostLength: number): CelType => ({ type: 'string', mostLength })
const byName = (values: CelType): CelType =>
  ({ type: 'map', keys: text(longestDomain), values: { type: 'map', keys: text(longestIdentifier), values, mostEntries: mostOfDevice }, mostEntries: mostOfDevice })
const required = (of: CelType) => ({ of, required: true })
const environment: CelEnvironment = {
  variables: {
    device: {
      type: 'object', name: 'kubernetes.DRADevice', fields: {
        driver: required(text(longestDomain)), attributes: required(byName({ type: 'dyn', mostLength: longestValue })),
        capacity: required(byName({ type: 'opaque', name: 'kubernetes.Quantity' })), allowMultipleAllocations: required({ type: 'bool' }),
      },
    },
  },
  binds: true,
}

/** A selector as a program over `device` (`deviceVariable` makes one). */
export const compileSelector = (expression: string): Compiled => compile(expression, environment)

const longestExpression = 10 * 1024, mostCost = 1_000_000
export function validateSelectorExpression(expression: string, at: string): FieldError[] {
  if (takesMore(expression, longestExpression)) return [tooLong(at, longestExpression)]
  const compiled = compileSelector(expression)
  if (!compiled.ok) return [invalidValue(at, expression, compiled.why)]
  const { outputTypeName: type, cost } = compiled.program
  if (type !== 'bool' && type !== 'dyn') return [invalidValue(at, expression, `must evaluate to bool or the unknown type, not ${type}`)]
  return cost.most > mostCost ? [forbiddenValue(at, 'too complex, exceeds cost limit')] : []
}
