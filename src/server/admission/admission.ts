// What may be done to an object beyond who may do it: plugins that change or refuse writes, in order.
import { forbidden, is, qualified, type ApiError, type Clock, type Kind, type Log, type LooseObject, type Random, type User } from '#machinery'
import type { Authorizer } from '../authz/authz.ts'
import type { ExpressionMetrics } from '../metrics/expressions.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { ObjectReader } from '../object-reader.ts'
import type { Outbound } from '../outbound.ts'
import type { Query } from '../request.ts'
import type { Registry, Served } from '../served.ts'
import type { RequestTrace } from '../tracing/span.ts'

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** One write as plugins see it. */
export interface AdmissionAttributes {
  readonly operation: AdmissionOperation
  /** The request's verb: an UPDATE comes from update, patch and others. */
  readonly verb: string
  /** The kind whose resource is addressed (for a subresource: the parent's, pod for pods/eviction). */
  readonly kind: Kind
  /** Version of the API the request came in. */
  readonly version: string
  /** The resource as that version serves it. */
  readonly served: Served
  /** All that is served. */
  readonly registry: Registry
  /** '' when none. */
  readonly subresource: string
  /** '' on create with generateName, before a name was made. */
  readonly name: string
  /** '' for resources without a namespace. */
  readonly namespace: string
  /**
   * The new object (for subresources: what was posted; undefined on DELETE and bodiless CONNECT). `mutate` may change it in place;
   * for `validate` it is what will be stored.
   */
  readonly object: LooseObject | undefined
  /** The stored object on UPDATE and DELETE: shared, never change it. */
  readonly old: LooseObject | undefined
  readonly user: User
  readonly dryRun: boolean
  /** The CreateOptions, UpdateOptions, PatchOptions or DeleteOptions. */
  readonly options: Readonly<Record<string, unknown>>
  readonly query: Query
  /** Other objects, as of now. */
  readonly objects: ObjectReader
  /** Adds a Warning header to the answer. */
  warn(text: string): void
  /** Adds an annotation to the request's audit event; with a level, only where that much is told. */
  annotate(key: string, value: string, level?: 'Request'): void
  /** Milliseconds that are left for the request. */
  readonly left: () => number
  readonly reinvocation: Reinvocation
  /** Within what the write is done, for calls to others; absent: nobody follows. */
  readonly trace?: RequestTrace
  /** Is told how long an expression took, in milliseconds; `clock` tells times to subtract. */
  readonly evaluations?: { readonly clock: { readonly elapsed: number }; took(ms: number): void }
}

/** Mutating plugins run a second time when one of them asks: what a later one changed may concern an earlier one. */
export interface Reinvocation {
  /** Whether this is the second time. */
  again: boolean
  requested: boolean
  /** What a plugin remembers of the first time, by its name. */
  memory: Map<string, unknown> | undefined
}

/** What plugins may need of the server beyond the request. */
export interface AdmissionSurroundings {
  readonly objects: ObjectReader
  readonly registry: Registry
  readonly authorizer: Authorizer
  readonly outbound: Outbound
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly metrics: Metrics
  readonly expressions: ExpressionMetrics
  readonly random: Random
  readonly log: Log
  /** Milliseconds with fractions, from any beginning: for durations. */
  readonly stopwatch: () => number
}

export interface AdmissionPlugin {
  /** As in --enable-admission-plugins. */
  readonly name: string
  /** Whether the plugin cares; must depend on its arguments alone (the answer is kept). */
  handles(operation: AdmissionOperation, kind: Kind, subresource: string): boolean
  /** Called once before the first request; what it returns, when the server closes. */
  begin?(surroundings: AdmissionSurroundings): () => void
  /** True while nothing is configured: then it is not asked. Called for every request. */
  idle?(): boolean
  /** Changes attributes.object or throws an ApiError. Runs again when an update is retried. */
  mutate?(attributes: AdmissionAttributes): void | Promise<void>
  /** Throws an ApiError; changes nothing. Runs after validation. */
  validate?(attributes: AdmissionAttributes): void | Promise<void>
}

/** 403 in a plugin's words. An object whose name is still to be made is called by its prefix. */
export const refusal = ({ kind, name, object }: AdmissionAttributes, why: string): ApiError =>
  forbidden(kind, name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown/errorGettingName', why)

/** Another part's error as a refusal: one that is a refusal already stays as it is. */
export const refusalOf = (attributes: AdmissionAttributes, error: unknown): ApiError =>
  (is(error, 'Forbidden') ? error : refusal(attributes, error instanceof Error ? error.message : String(error)))

/**
 * For `handles`: these operations on this resource, named as in errors ("pods", "ingresses.networking.k8s.io"). `subresources` names
 * the parts that count; '' is the object itself.
 */
export const on = (operations: readonly AdmissionOperation[], resource: string, subresources: readonly string[] = ['']): AdmissionPlugin['handles'] =>
  (operation, kind, subresource) => operations.includes(operation) && qualified(kind) === resource && subresources.includes(subresource)
