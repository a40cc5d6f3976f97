// Types of all parts of an expression, and what does not fit. Follows the reference's checker step by step, because its messages follow from the steps.
import * as t from './check-type.ts'
import { typeInMessage, unwrapOptional, type Type } from './check-type.ts'
import { fromDeclared } from './check-type.ts'
import type { CelEnvironment } from './compile.ts'
import { qualifiedName, type Call, type Comprehension, type Expr, type ListExpr, type MapExpr, type Select, type StructExpr } from './expression.ts'
import type { FunctionDeclaration, Overload } from './functions.ts'
import type { Finding } from './issues.ts'
import { fieldReaders } from './json-values.ts'
import { assign, isDynOrError, mostGeneral, substitute, type Mapping } from './type-mapping.ts'

/** What a name or a call means. */
export type Reference =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'type'; readonly type: Type }
  | { readonly kind: 'function'; readonly name: string; /** Those that may be meant; which one is known when it runs if there are several. */ readonly overloads: readonly Overload[]; /** The target was part of the function's name. */ readonly dropTarget: boolean }

export interface Checked {
  readonly expr: Expr
  readonly findings: readonly Finding[]
  typeOf(expr: Expr): Type
  referenceOf(expr: Expr): Reference | undefined
  /** Whether the expression names a variable of the environment. */
  uses(variable: string): boolean
}

export function check(expr: Expr, environment: CelEnvironment, functions: ReadonlyMap<string, FunctionDeclaration>): Checked {
  const checker = new Checker(environment, functions)
  checker.check(expr)
  return {
    expr, findings: checker.findings,
    typeOf: (e) => substitute(checker.mapping, checker.types.get(e) ?? t.error, 'dyn'),
    referenceOf: (e) => checker.references.get(e),
    uses: (variable) => checker.used.has(variable),
  }
}

interface Named { readonly type: Type; readonly reference: Reference }
const standardTypes: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['bool', t.bool], ['bytes', t.bytes], ['double', t.double], ['int', t.int], ['list', t.list(t.dyn)], ['map', t.map(t.dyn, t.dyn)], ['null_type', t.nothing], ['string', t.string],
  ['type', { kind: 'type', of: [] }], ['uint', t.uint], ['google.protobuf.Duration', t.duration], ['google.protobuf.Timestamp', t.timestamp], ['optional_type', t.optional(t.dyn)],
  ...['kubernetes.URL', 'kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.NamedFormat', 'net.IP', 'net.CIDR', 'kubernetes.authorization.Authorizer', 'kubernetes.authorization.PathCheck',
    'kubernetes.authorization.GroupCheck', 'kubernetes.authorization.ResourceCheck', 'kubernetes.authorization.Decision'].map((name): [string, Type] => [name, t.opaque(name)]),
])

class Checker {
  readonly findings: Finding[] = []
  readonly types = new Map<Expr, Type>()
  readonly references = new Map<Expr, Reference>()
  mapping: Mapping = new Map()
  readonly used = new Set<string>()
  private readonly environment: CelEnvironment
  private readonly functions: ReadonlyMap<string, FunctionDeclaration>
  private readonly locals: Map<string, Type>[] = []
  private readonly openTypes = new Map<string, Type>()
  private freeParams = 0
  constructor(environment: CelEnvironment, functions: ReadonlyMap<string, FunctionDeclaration>) { this.environment = environment; this.functions = functions }

  check(e: Expr): Type {
    // Macros may use a part twice: its type is the same both times.
    const known = this.types.get(e)
    if (known) return known
    const type = this.find(e)
    this.types.set(e, type)
    return type
  }
  private find(e: Expr): Type {
    switch (e.kind) {
      case 'literal': return literalType(e.value)
      case 'ident': return this.ident(e, e.name) ?? this.undeclared(e.at, e.name)
      case 'select': return this.select(e)
      case 'call': return this.call(e)
      case 'list': return this.list(e)
      case 'map': return this.map(e)
      case 'struct': return this.struct(e)
      case 'comprehension': return this.comprehension(e)
    }
  }

  private complain(at: number, message: string): Type { this.findings.push({ at, message }); return t.error }
  private undeclared(at: number, name: string): Type { return this.complain(at, `undeclared reference to '${name}' (in container '')`) }
  private resolve(type: Type): Type { return substitute(this.mapping, type, 'keep') }
  private newParam(): Type { return t.param(`_var${this.freeParams++}`) }
  private assignable(wanted: readonly Type[], given: readonly Type[]): boolean {
    const mapping = assign(this.mapping, wanted, given)
    if (mapping) this.mapping = mapping
    return mapping !== undefined
  }
  private write(type: Type): string { return typeInMessage(substitute(this.mapping, type, 'dyn')) }

  private lookUp(given: string): Named | undefined {
    const name = given.startsWith('.') ? given.slice(1) : given
    if (!given.startsWith('.')) {
      for (let i = this.locals.length - 1; i >= 0; i--) {
        const type = this.locals[i]!.get(name)
        if (type) return { type, reference: { kind: 'variable', name } }
      }
    }
    const variable = Object.hasOwn(this.environment.variables, name) ? this.environment.variables[name] : undefined
    if (variable) { this.used.add(name); return { type: fromDeclared(variable), reference: { kind: 'variable', name } } }
    const type = standardTypes.get(name) ?? this.constructible(name)
    return type && { type: t.typeOf(type), reference: { kind: 'type', type } }
  }
  private constructible(name: string): Type | undefined {
    for (const type of this.environment.constructible ?? []) {
      if (type.type !== 'object') continue
      if (type.name === name) return fromDeclared(type)
      if (type.open && name.startsWith(`${type.name}.`)) return this.openTypes.get(name) ?? this.openType(name)
    }
    return undefined
  }
  private openType(name: string): Type {
    const type = fromDeclared({ type: 'object', name, fields: {}, open: true })
    this.openTypes.set(name, type)
    return type
  }
  private ident(e: Expr, name: string): Type | undefined {
    const found = this.lookUp(name)
    if (found) this.references.set(e, found.reference)
    return found?.type
  }

  private select(e: Select): Type {
    const name = qualifiedName(e), named = name === undefined ? undefined : this.ident(e, name)
    if (named) return named
    const type = this.field(e, e.operand, e.field, false)
    return e.test ? t.bool : this.resolve(type)
  }
  private field(e: Expr, operand: Expr, name: string, optional: boolean): Type {
    const { type, wasOptional } = unwrapOptional(this.resolve(this.check(operand)))
    let result: Type = t.error
    if (type.kind === 'map') result = type.of[1]
    else if (type.kind === 'object') result = this.fieldType(e.at, type, name)
    else if (type.kind === 'param') { this.assignable([t.dyn], [type]); result = t.dyn }
    else if (isDynOrError(type)) result = t.dyn
    // These are objects without fields to the reference.
    else if (type.kind === 'opaque' && type.name.startsWith('kubernetes.')) this.complain(e.at, `unexpected failed resolution of '${type.name}'`)
    else this.complain(e.at, `type '${typeInMessage(type)}' does not support field selection`)
    return wasOptional || optional ? t.optional(result) : result
  }
  private fieldType(at: number, { declared }: Extract<Type, { kind: 'object' }>, name: string): Type {
    const field = fieldReaders(declared).get(name)
    if (field) return fromDeclared(declared.fields[field.json]!.of)
    return declared.open ? t.dyn : this.complain(at, `undefined field '${name}'`)
  }

  private call(e: Call): Type {
    if (e.name === '_?._') return this.optionalSelect(e)
    const args = e.args.map((arg) => this.check(arg))
    if (!e.target) return this.overload(e, e.name, this.functions.get(e.name.replace(/^\./, '')), args, false)
    const prefix = qualifiedName(e.target), qualified = prefix === undefined ? undefined : this.functions.get(`${prefix}.${e.name}`.replace(/^\./, ''))
    if (qualified) return this.overload(e, qualified.name, qualified, args, false, true)
    const target = this.check(e.target)
    return this.overload(e, e.name, this.functions.get(e.name), [target, ...args], true)
  }
  private optionalSelect(e: Call): Type {
    const [operand, field] = e.args
    if (field?.kind !== 'literal' || typeof field.value !== 'string') return this.complain(e.at, 'unsupported optional field selection')
    this.types.set(field, t.string)
    this.references.set(e, { kind: 'function', name: e.name, overloads: this.functions.get(e.name)?.overloads ?? [], dropTarget: false })
    return this.field(e, operand!, field.value, true)
  }
  private overload(e: Call, name: string, declaration: FunctionDeclaration | undefined, given: readonly Type[], member: boolean, dropTarget = false): Type {
    if (!declaration) return this.undeclared(e.at, name)
    if (name === '_&&_' || name === '_||_') return this.logical(e, declaration)
    const matching: Overload[] = []
    let result: Type | undefined
    for (const overload of declaration.overloads) {
      if (overload.member !== member) continue
      const fresh: Mapping = new Map(overload.typeParams.map((param) => [param, this.newParam()]))
      if (!this.assignable(given, overload.params.map((param) => substitute(fresh, param, 'keep')))) continue
      matching.push(overload)
      const type = this.resolve(substitute(fresh, overload.result, 'keep'))
      if (result === undefined) result = type
      else if (result.kind !== 'dyn' && !t.sameType(type, result)) result = t.dyn
    }
    if (result === undefined) return this.complain(e.at, `found no matching overload for '${declaration.name}' applied to '${this.signature(given, member)}'`)
    this.references.set(e, { kind: 'function', name: declaration.name, overloads: matching, dropTarget })
    return result
  }
  private signature(given: readonly Type[], member: boolean): string {
    const types = given.map((type) => this.write(type))
    return member ? `${types[0]}.(${types.slice(1).join(', ')})` : `(${types.join(', ')})`
  }
  private logical(e: Call, declaration: FunctionDeclaration): Type {
    let fits = true
    for (const arg of e.args) if (!this.assignable([this.types.get(arg)!], [t.bool])) { this.complain(arg.at, `expected type 'bool' but found '${this.write(this.types.get(arg)!)}'`); fits = false }
    if (!fits) return t.error
    this.references.set(e, { kind: 'function', name: declaration.name, overloads: declaration.overloads, dropTarget: false })
    return t.bool
  }

  private list(e: ListExpr): Type {
    let joined: Type | undefined
    e.items.forEach((item, i) => { joined = this.join(item.at, joined, this.element(item, e.optional.has(i))) })
    return t.list(joined ?? this.newParam())
  }
  /** The type of an element; those with a question mark must be optional and are what is in them. */
  private element(item: Expr, optional: boolean): Type {
    const type = this.check(item)
    if (!optional) return type
    const unwrapped = unwrapOptional(this.resolve(type))
    if (!unwrapped.wasOptional && unwrapped.type.kind !== 'dyn') this.complain(item.at, `expected type '${this.write(t.optional(unwrapped.type))}' but found '${this.write(unwrapped.type)}'`)
    return unwrapped.type
  }
  private join(at: number, before: Type | undefined, type: Type): Type {
    if (before === undefined) return type
    if (this.assignable([before], [type])) return mostGeneral(before, type)
    return this.complain(at, `expected type '${this.write(before)}' but found '${this.write(type)}'`)
  }
  private map(e: MapExpr): Type {
    let key: Type | undefined, value: Type | undefined
    for (const entry of e.entries) {
      key = this.join(entry.key.at, key, this.check(entry.key))
      value = this.join(entry.value.at, value, this.element(entry.value, entry.optional))
    }
    return t.map(key ?? this.newParam(), value ?? this.newParam())
  }

  private struct(e: StructExpr): Type {
    const found = this.lookUp(e.name)
    if (!found) return this.undeclared(e.at, e.name)
    let type: Type = t.error
    if (found.type.kind !== 'type') this.complain(e.at, `'${t.typeName(found.type)}' is not a type`)
    else {
      const target = found.reference.kind === 'type' ? found.reference.type : t.error
      if (target.kind === 'object') type = target
      else this.complain(e.at, `'${t.typeName(target)}' is not a message type`)
    }
    this.references.set(e, found.reference)
    for (const field of e.fields) {
      const given = this.element(field.value, field.optional)
      const wanted = type.kind === 'object' ? this.fieldType(field.at, type, field.name) : t.error
      if (!this.assignable([wanted], [given])) this.complain(field.at, `expected type of field '${field.name}' is '${this.write(wanted)}' but provided type is '${this.write(given)}'`)
    }
    return type
  }

  private comprehension(e: Comprehension): Type {
    const range = this.resolve(this.check(e.range)), accu = this.check(e.accuInit)
    this.locals.push(new Map([[e.accuVar, accu]]))
    const [first, second] = this.variables(e, range)
    this.locals.push(new Map([[e.iterVar, first], ...(e.iterVar2 === undefined ? [] : [[e.iterVar2, second] as const])]))
    this.check(e.condition)
    this.expectType(e.condition, t.bool)
    this.check(e.step)
    this.expectType(e.step, accu)
    this.locals.pop()
    this.check(e.result)
    this.locals.pop()
    return this.resolve(this.types.get(e.result)!)
  }
  private variables(e: Comprehension, range: Type): readonly [Type, Type] {
    if (range.kind === 'list') return e.iterVar2 === undefined ? [range.of[0], t.error] : [t.int, range.of[0]]
    if (range.kind === 'map') return range.of
    if (isDynOrError(range) || range.kind === 'param') { this.assignable([t.dyn], [range]); return [t.dyn, t.dyn] }
    this.complain(e.range.at, `expression of type '${typeInMessage(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`)
    return [t.error, t.error]
  }
  private expectType(e: Expr, wanted: Type): void {
    if (!this.assignable([wanted], [this.types.get(e)!])) this.complain(e.at, `expected type '${this.write(wanted)}' but found '${this.write(this.types.get(e)!)}'`)
  }
}

function literalType(value: unknown): Type {
  switch (typeof value) {
    case 'bigint': return t.int
    case 'number': return t.double
    case 'string': return t.string
    case 'boolean': return t.bool
    default: return value === null ? t.nothing : value instanceof Uint8Array ? t.bytes : t.uint
  }
}
