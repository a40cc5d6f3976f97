// How large an object may be that is stored: what fits into one request of the reference's store, in the form in which that keeps it.
import { ApiError, loadProtobuf, type Kind, type LooseObject } from '#machinery'

/** Bytes of one request, key and all; and of a message that is sent to the store at all. */
const mostBytes = 1.5 * 1024 * 1024, mostSent = 2 * 1024 * 1024
/** What a request says beside the value and the key, which it names three times. */
const frame = 64

/** What is smaller than this fits in any case. */
export const smallBytes = 1024 * 1024

/** `bytes` is the object's JSON, which its message is never longer than. Rejects with what the reference's store says. */
export async function checkSize(kind: Kind, key: string, object: LooseObject, bytes: number): Promise<void> {
  const around = 3 * key.length + frame
  if (bytes + around <= mostBytes) return
  const size = around + (kind.stored ? bytes : (await loadProtobuf()).writeObject(kind.schema, { ...object, apiVersion: kind.apiVersion, kind: kind.kind }).length)
  if (size > mostSent) throw refused(`rpc error: code = ResourceExhausted desc = trying to send message larger than max (${size} vs. ${mostSent})`)
  if (size > mostBytes) throw refused('etcdserver: request is too large')
}
const refused = (why: string): ApiError => new ApiError('', why, undefined, { code: 500 })
