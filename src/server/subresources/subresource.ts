// A part of an object with a path of its own, or a thing one can do with it.
import type { ApiResponse, Schema } from '#machinery'
import type { Call } from '../core.ts'

export interface Subresource {
  readonly name: string
  /** What it takes and gives, for discovery; group and version '' when they are the parent's. */
  readonly type: { readonly group: string; readonly version: string; readonly kind: string }
  /** Of what it takes, where that is not the parent. */
  readonly schema?: Schema<any> // allowed: each takes something else
  /** create, delete, get, patch, update: which methods it answers. */
  readonly verbs: readonly string[]
  /** Paths below it are its own (proxy). */
  readonly deep?: true
  /** What it carries is not ours: any content type goes. */
  readonly connects?: true
  handle(call: Call): ApiResponse | Promise<ApiResponse>
}
