// Which overload a call means when types do not say: the values decide.
import type { Type } from './check-type.ts'
import { typeName } from './check-type.ts'
import { CelError } from './compile.ts'
import type { Overload } from './functions.ts'
import { isMap, ListValue, ObjectValue, OptionalValue, typeNameOf, type Value } from './values.ts'

type Apply = (...args: Value[]) => Value

/** A function that takes the first overload whose parameters fit. */
export function dispatcher(name: string, overloads: readonly Overload[]): Apply {
  return (...args) => {
    for (const { params, run } of overloads) if (params.length === args.length && params.every((param, i) => fits(args[i]!, param))) return (run as Apply)(...args)
    throw new CelError(`no such overload: ${name}(${args.map(typeNameOf).join(', ')})`)
  }
}

/** Whether a value may stand for a parameter. Of lists and maps the first entry decides. */
function fits(value: Value, type: Type): boolean {
  switch (type.kind) {
    case 'dyn': case 'param': case 'any': case 'error': return true
    case 'list': return value instanceof ListValue && (value.size === 0 || fits(value.at(0), type.of[0]))
    case 'map': {
      if (value instanceof ObjectValue || typeof value !== 'object' || value === null || !isMap(value)) return false
      const [first] = value.keys()
      return first === undefined || (fits(first, type.of[0]) && fits(value.get(first)!, type.of[1]))
    }
    case 'opaque': return value instanceof OptionalValue ? type.name === 'optional_type' : typeNameOf(value) === type.name
    default: return typeNameOf(value) === typeName(type)
  }
}
