// Answers: stored bytes with their version in front where that is all it takes, values turned to text where it is not.
import { ApiError, type AnyObject, type ApiRequest, type ApiResponse, type LooseObject, type Status } from '#machinery'
import type { KeyValue } from '#store'
import { withValue } from './answer-values.ts'
import type { Call } from './core.ts'
import { internalPackage } from './internal-package.ts'
import { errorOutput, type Output } from './media.ts'
import { cborAnswer } from './cbor-answer.ts'
import { briefBytes, spliced, typedHead } from './stored-json.ts'
import { includedObject, partialObject, table } from './projections.ts'
import { protobufAnswer } from './protobuf-answer.ts'
import { converted } from './served.ts'
import { serialized } from './tracing/requests.ts'
import { writeYaml } from './yaml-writer.ts'

const encoder = new TextEncoder()
const uncached = 'no-cache, private'
const jsonHeaders = { 'content-type': 'application/json', 'cache-control': uncached }
const yamlHeaders = { 'content-type': 'application/yaml', 'cache-control': uncached }
export const headersFor = (output: Output): Readonly<Record<string, string>> => (output.encoding === 'yaml' ? yamlHeaders : jsonHeaders)

export const jsonBytes = (status: number, chunks: readonly Uint8Array[]): ApiResponse => ({ status, headers: jsonHeaders, body: { type: 'bytes', chunks } })

/** Any value in the form asked for. */
export function valueAnswer(status: number, value: unknown, output: Output, direct: boolean): ApiResponse {
  if (direct) return { status, headers: jsonHeaders, body: { type: 'value', value } }
  if (output.encoding === 'protobuf') return protobufAnswer(status, value)
  if (output.encoding === 'cbor') return cborAnswer(status, value)
  const text = output.encoding === 'yaml' ? writeYaml(value) : `${JSON.stringify(value, undefined, output.pretty ? 2 : undefined)}\n`
  return { status, headers: headersFor(output), body: output.encoding === 'yaml' ? withValue({ type: 'bytes', chunks: [encoder.encode(text)] }, () => value) : { type: 'bytes', chunks: [encoder.encode(text)] } }
}

export const textAnswer = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): ApiResponse =>
  ({ status, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': uncached, ...headers }, body: { type: 'bytes', chunks: [encoder.encode(text)] } })

/** A path that is nothing, in the words of Go's router. */
export const pageNotFound = (): ApiResponse => textAnswer(404, '404 page not found\n')

const retryAfter = (status: Status): Record<string, string> => (status.details?.retryAfterSeconds ? { 'retry-after': String(status.details.retryAfterSeconds) } : {})
/** A failure, as its Status. */
export function errorAnswer(error: ApiError, request: Pick<ApiRequest, 'headers' | 'cbor'>, direct: boolean): ApiResponse {
  const answer = valueAnswer(error.status.code, error.status, errorOutput(request), direct)
  return { ...answer, headers: { ...answer.headers, ...retryAfter(error.status) } }
}

/** A stored object, as the request wants to see it. */
export function storedAnswer(call: Call, status: number, kv: KeyValue): ApiResponse {
  return serialized(call.context, call.output, call.served.apiVersion, () => storedBytes(call, status, kv))
}
/** An object of the stored version that may not be stored (a dry run), as the request wants to see it. */
export function objectAnswer(call: Call, status: number, object: LooseObject): ApiResponse {
  return serialized(call.context, call.output, call.served.apiVersion, () => objectBytes(call, status, object))
}

function storedBytes(call: Call, status: number, kv: KeyValue): ApiResponse {
  const { core, served, output, request } = call
  if (!request.direct && !served.convert && !served.custom && output.as === '' && output.encoding === 'json' && !output.pretty && call.info.query.get('pretty') === undefined)
    return jsonBytes(status, [spliced(typedHead(served.kind), kv, '', '\n', briefBytes)])
  return objectBytes(call, status, core.objects.value(served.kind, kv))
}

function objectBytes(call: Call, status: number, object: LooseObject): ApiResponse {
  const { core, served, request, info } = call
  const output = prettyIfAsked(call)
  switch (output.as) {
    case '': return valueAnswer(status, converted(served, object), output, request.direct === true)
    case 'Table': {
      const metadata = object.metadata.resourceVersion ? { resourceVersion: object.metadata.resourceVersion } : {}
      return valueAnswer(status, table(served, [object], metadata, { version: output.version, include: includedObject(info.query), now: core.clock.now() }), output, false)
    }
    case 'PartialObjectMetadata': return valueAnswer(status, partialObject(object, output.version), output, request.direct === true)
    default:
      throw new ApiError('NotAcceptable', `you requested ${output.as}, but the requested object is not a list (*${internalPackage(served.group)}.${served.kindName})`)
  }
}

export function prettyIfAsked({ output, info }: Call): Output {
  return output.pretty || info.query.text === '' || !['1', 'true'].includes(info.query.get('pretty') ?? '') ? output : { ...output, pretty: true }
}

/** What a DELETE that left nothing answers. */
export function deletedStatus(call: Call, object: AnyObject): ApiResponse {
  const { name, uid } = object.metadata
  const { group, resource } = call.served.name
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name, ...(group && { group }), kind: resource, uid } }
  return valueAnswer(200, status, { ...call.output, as: '' }, call.request.direct === true)
}
