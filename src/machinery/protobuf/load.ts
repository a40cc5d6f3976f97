// The protobuf encoding is loaded when it is first needed: its table of field numbers is no part of starting up.
import type * as Codec from './codec.ts'

let codec: typeof Codec | undefined

/** The media type of Kubernetes' protobuf encoding. */
export const protobufType = 'application/vnd.kubernetes.protobuf'

/** Loads the encoding; at once when it is there already. */
export async function loadProtobuf(): Promise<typeof Codec> { return (codec ??= await import('./codec.ts')) }

export const protobufIsLoaded = (): boolean => codec !== undefined

/** The encoding, after loadProtobuf: whoever takes in a request that may need it waits for that once, so that everything behind stays synchronous. */
export function protobuf(): typeof Codec {
  if (!codec) throw new Error('the protobuf encoding is not loaded: await loadProtobuf() before the request is handled')
  return codec
}
