// Server-side apply.
import { ApiError, type ApiResponse } from '#machinery'
import type { Call } from './core.ts'
import type { WriteOptions } from './options.ts'

/** PATCH with an apply configuration. */
export async function apply(_call: Call, _options: WriteOptions): Promise<ApiResponse> {
  throw new ApiError('UnsupportedMediaType', 'server-side apply is not there yet: use kubectl apply without --server-side, or another patch type')
}
