// What an expression's values may be: the declared types that the checker works with. Made from OpenAPI schemas, from kinds, or by hand.

/**
 * A declared type. `most...` bound sizes for the price of an expression; absent: as large as a request may be. A bound of letters counts
 * bytes: four for each letter that a schema's maxLength allows (one for format byte).
 */
export type CelType =
  /** dyn with a bound is an int or a string (x-kubernetes-int-or-string). Times and durations are as long as their texts in JSON. */
  | { readonly type: 'dyn' | 'timestamp' | 'duration'; readonly mostLength?: number }
  | { readonly type: 'bool' | 'int' | 'uint' | 'double' | 'null' | 'type' | 'any' }
  | { readonly type: 'string' | 'bytes'; readonly mostLength?: number; readonly oneOf?: readonly string[] }
  | { readonly type: 'list'; readonly items: CelType; readonly mostItems?: number; /** x-kubernetes-list-type: sets and maps compare and add by key. */ readonly listType?: 'set' | 'map' | 'atomic'; readonly listKeys?: readonly string[] }
  | { readonly type: 'map'; readonly keys: CelType; readonly values: CelType; readonly mostEntries?: number }
  | CelObjectType
  | { readonly type: 'optional'; readonly of: CelType }
  /** A type of a library: kubernetes.authorization.Authorizer, kubernetes.Quantity, kubernetes.URL, net.IP ... */
  | { readonly type: 'opaque'; readonly name: string }

export interface CelObjectType {
  readonly type: 'object'
  /** As type() and messages give it: Object.spec, kubernetes.AdmissionRequest. */
  readonly name: string
  readonly fields: Readonly<Record<string, CelField>>
  /** Fields that are not listed are dyn. Where it may be built, so may all types whose names go on from its own with a dot (Object.spec.containers). */
  readonly open?: true
}

/** Names as they stand in JSON; the checker knows their escaped forms (`__namespace__`, `a__dot__b`). Required: clients must give it, there is no default. */
export interface CelField { readonly of: CelType; readonly required?: boolean }
