// Bodies in protobuf, as the JSON values that would have come in their place.
import { cannotBeHandled, DecodeError, protobuf, type ApiRequest, type Schema } from '#machinery'

/** What a protobuf body is read as. Without an apiVersion, whatever type the body names is taken for it (options). */
export interface Wanted { readonly kindName: string; readonly apiVersion?: string; readonly formerly?: string; readonly schema: Schema<any> }

/** The value; only kind and apiVersion when they are not those wanted. Throws BadRequest, worded by `unrecognized` where not even a type can be read. */
export function readProtobuf(bytes: Uint8Array, wanted: Wanted, unrecognized: (why: string) => Error): unknown {
  const { openEnvelope, readMessage, hasMessage } = protobuf()
  const { apiVersion, kind, raw } = reading(() => openEnvelope(bytes), unrecognized)
  const type = { ...(kind !== '' && { kind }), ...(apiVersion !== '' && { apiVersion }) }
  if (wanted.apiVersion !== undefined && ((kind !== '' && kind !== wanted.kindName) || (apiVersion !== '' && apiVersion !== wanted.apiVersion && apiVersion !== wanted.formerly))) return type
  const refused = (why: string) => cannotBeHandled({ kind: kind || wanted.kindName, version: (apiVersion || wanted.apiVersion || 'v1').split('/').at(-1)! }, wanted.kindName, why)
  if (!hasMessage(wanted.schema)) throw refused(noMessage)
  return Object.assign(reading(() => readMessage(wanted.schema, raw), refused), type)
}
/** The reference's words for custom resources, which have no messages: they come in JSON or YAML. */
const noMessage = 'object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message'

function reading<T>(read: () => T, refuse: (why: string) => Error): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof DecodeError ? refuse(error.message) : error
  }
}

/** Whether a request comes in protobuf or would take it as an answer: then loadProtobuf() must be awaited before it is handled. */
export const speaksProtobuf = ({ headers }: Pick<ApiRequest, 'headers'>): boolean =>
  (headers['content-type']?.includes('protobuf') ?? false) || (headers.accept?.includes('protobuf') ?? false)
