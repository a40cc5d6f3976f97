// What an expression's values may be: the declared types that the checker works with. Made from OpenAPI schemas, from kinds, or by hand.

/** A declared type. `most...` bound sizes for the price of an expression; absent: as large as a request may be. */
export type CelType =
  | { readonly type: 'dyn' | 'bool' | 'int' | 'uint' | 'double' | 'timestamp' | 'duration' | 'null' | 'type' | 'any' }
  | { readonly type: 'string' | 'bytes'; readonly mostLength?: number; readonly oneOf?: readonly string[] }
  | { readonly type: 'list'; readonly items: CelType; readonly mostItems?: number; /** x-kubernetes-list-type: sets and maps compare and add by key. */ readonly listType?: 'set' | 'map' | 'atomic'; readonly listKeys?: readonly string[] }
  | { readonly type: 'map'; readonly keys: CelType; readonly values: CelType; readonly mostEntries?: number }
  | { readonly type: 'object'; readonly name: string; readonly fields: Readonly<Record<string, CelField>> }
  | { readonly type: 'optional'; readonly of: CelType }
  /** A type of a library: kubernetes.authorization.Authorizer, kubernetes.Quantity, kubernetes.URL, net.IP ... */
  | { readonly type: 'opaque'; readonly name: string }

/** Names as they stand in JSON; the checker knows their escaped forms (`__namespace__`, `a__dot__b`). */
export interface CelField { readonly of: CelType; readonly required?: boolean }
