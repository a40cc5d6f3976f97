// Which overload a call means: the values decide, because types may be dyn and any value may be null.
import { typeName, type Type } from './check-type.ts'
import { CelError } from './compile.ts'
import type { Overload } from './functions.ts'
import { isMap, ListValue, ObjectValue, OptionalValue, typeNameOf, type Value } from './values.ts'

export type Apply = (...args: Value[]) => Value
type Fits = (value: Value) => boolean

/** A function that takes the first overload whose parameters fit. */
export function dispatcher(name: string, overloads: readonly Overload[]): Apply {
  const complain = (args: readonly Value[]): never => { throw new CelError(`no such overload: ${name}(${args.map(typeNameOf).join(', ')})`) }
  const tried = overloads.map(({ params, run }) => ({ tests: params.map(testOf), run: run as Apply })), [only] = tried
  if (tried.length === 1 && only!.tests.length === 1) { const [a] = only!.tests as [Fits], { run } = only!; return (x) => (a(x!) ? run(x!) : complain([x!])) }
  if (tried.length === 1 && only!.tests.length === 2) { const [a, b] = only!.tests as [Fits, Fits], { run } = only!; return (x, y) => (a(x!) && b(y!) ? run(x!, y!) : complain([x!, y!])) }
  return (...args) => {
    for (const { tests, run } of tried) if (tests.length === args.length && tests.every((fits, i) => fits(args[i]!))) return run(...args)
    return complain(args)
  }
}

/** Whether a value may stand for a parameter of a type. Of lists and maps the first entry decides. */
function testOf(type: Type): Fits {
  switch (type.kind) {
    case 'dyn': case 'param': case 'any': case 'error': return () => true
    case 'string': return (value) => typeof value === 'string'
    case 'int': return (value) => typeof value === 'bigint'
    case 'bool': return (value) => typeof value === 'boolean'
    case 'double': return (value) => typeof value === 'number'
    case 'list': { const first = testOf(type.of[0]); return (value) => value instanceof ListValue && (value.size === 0 || first(value.at(0))) }
    case 'map': {
      const [key, held] = type.of.map(testOf) as [Fits, Fits]
      return (value) => {
        if (typeof value !== 'object' || value === null || value instanceof ObjectValue || !isMap(value)) return false
        const [first] = value.keys()
        return first === undefined || (key(first) && held(value.get(first)!))
      }
    }
    case 'opaque': { const { name } = type; return (value) => (value instanceof OptionalValue ? name === 'optional_type' : typeNameOf(value) === name) }
    default: { const name = typeName(type); return (value) => typeNameOf(value) === name }
  }
}
