// Which policies there are, each with the bindings that put it to work: read as they change, in order of their names.
import type { MatchResources, ParamKind, ParamRef } from '#kinds'
import { selectorFrom, type AnyObject, type Kind } from '#machinery'
import type { ExpressionMetrics } from '../metrics/expressions.ts'
import type { AdmissionSurroundings } from './admission.ts'
import type { Criteria } from './match.ts'

interface PolicyObject extends AnyObject { readonly spec: { readonly matchConstraints?: MatchResources; readonly paramKind?: ParamKind; readonly failurePolicy?: string } }
interface BindingObject extends AnyObject { readonly spec: { readonly policyName?: string; readonly paramRef?: ParamRef; readonly matchResources?: MatchResources } }

export interface Binding<B> { readonly object: B; readonly criteria: Criteria | undefined }
/** A policy that somebody has bound. */
export interface Hook<P, B, C> {
  readonly policy: P
  readonly criteria: Criteria
  readonly bindings: readonly Binding<B>[]
  /** What was made of the policy's expressions, when they are first needed. */
  readonly compiled: C
}

export class PolicySource<P extends PolicyObject, B extends BindingObject, C> {
  readonly #policies = new Map<string, { readonly policy: P; readonly criteria: Criteria; compiled: C | undefined }>()
  readonly #bindings = new Map<string, Binding<B>>()
  readonly #compile: (policy: P) => C
  #hooks: readonly Hook<P, B, C>[] = []
  #expressions: ExpressionMetrics | undefined

  constructor(compile: (policy: P) => C) { this.#compile = compile }

  /** In the order in which they are asked. */
  get hooks(): readonly Hook<P, B, C>[] { return this.#hooks }

  /** Takes in what there is and every change of it. Returns what stops it. */
  follow({ objects, expressions }: Pick<AdmissionSurroundings, 'objects' | 'expressions'>, policies: Kind<P>, bindings: Kind<B>): () => void {
    this.#expressions = expressions
    const stops = [
      objects.follow(policies, ({ object, old }) => {
        const { name } = (object ?? old)!.metadata
        if (object) this.#policies.set(name, { policy: object, criteria: criteriaOf(object.spec.matchConstraints), compiled: undefined })
        else this.#policies.delete(name)
        this.#arrange()
      }),
      objects.follow(bindings, ({ object, old }) => {
        const { name } = (object ?? old)!.metadata
        if (object) this.#bindings.set(name, { object, criteria: object.spec.matchResources && criteriaOf(object.spec.matchResources) })
        else this.#bindings.delete(name)
        this.#arrange()
      }),
    ]
    return () => { for (const stop of stops) stop() }
  }

  #arrange(): void {
    const compile = (policy: P) => this.#expressions!.compiling(() => this.#compile(policy))
    const byPolicy = Map.groupBy(inOrder(this.#bindings), ({ object }) => object.spec.policyName ?? '')
    this.#hooks = inOrder(this.#policies).flatMap((entry) => {
      const bindings = byPolicy.get(entry.policy.metadata.name)
      return bindings ? [{ policy: entry.policy, criteria: entry.criteria, bindings, get compiled() { return entry.compiled ??= compile(entry.policy) } }] : []
    })
  }
}
const inOrder = <T>(map: ReadonlyMap<string, T>): T[] => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)

const criteriaOf = ({ resourceRules = [], excludeResourceRules = [], matchPolicy, namespaceSelector = {}, objectSelector = {} }: MatchResources = {}): Criteria => ({
  rules: resourceRules, excluded: excludeResourceRules, openWithoutRules: true, equivalent: matchPolicy !== 'Exact',
  namespaces: selectorFrom(namespaceSelector), objects: selectorFrom(objectSelector),
})
