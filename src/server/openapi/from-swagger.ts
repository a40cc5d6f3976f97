// The OpenAPI v3 document of a version whose server only knows v2: the same paths and schemas in the other dialect.
import type { SwaggerDocument } from '../aggregation/index.ts'

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `base` is where the version is: /apis/GROUP/VERSION. Everything else is left out. */
export function fromSwagger(document: SwaggerDocument & Json, base: string): object {
  const paths = Object.fromEntries(Object.entries(document.paths ?? {}).filter(([path]) => `${path}/`.startsWith(`${base}/`)).map(([path, item]) => [path, pathItem(item as Json, document)]))
  const schemas = Object.fromEntries(Object.entries(document.definitions ?? {}).map(([name, schema]) => [name, reworded(schema)]))
  const securitySchemes = isObject(document['securityDefinitions']) ? document['securityDefinitions'] : undefined
  return {
    openapi: '3.0.0', info: document['info'] ?? { title: '', version: '' }, paths,
    components: { ...(Object.keys(schemas).length > 0 && { schemas }), ...(securitySchemes && { securitySchemes }) }, ...(Array.isArray(document['security']) && { security: document['security'] as unknown }),
  }
}

const prefix = '#/definitions/'
/** References lead to where schemas are in v3. */
function reworded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reworded)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, held]) =>
    [key, key === '$ref' && typeof held === 'string' && held.startsWith(prefix) ? `#/components/schemas/${held.slice(prefix.length)}` : reworded(held)]))
}

const methods: ReadonlySet<string> = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch'])
function pathItem(item: Json, document: Json): Json {
  return Object.fromEntries(Object.entries(item).map(([key, held]) => {
    if (key === 'parameters') return [key, parametersOf(held, document)]
    return methods.has(key) && isObject(held) ? [key, operation(held, document)] : [key, reworded(held)]
  }))
}

/** Bodies are no parameters any more, and what is sent and answered says in which encoding. */
function operation({ consumes, produces, parameters, responses, schemes: _, ...rest }: Json, document: Json): Json {
  const body = resolved(parameters, document).find((parameter) => parameter['in'] === 'body'), plain = parametersOf(parameters, document)
  return {
    ...(reworded(rest) as Json), ...(plain.length > 0 && { parameters: plain }),
    ...(body && { requestBody: { ...(body['description'] !== undefined && { description: body['description'] }), ...(body['required'] === true && { required: true }), content: contents(consumes ?? document['consumes'], body['schema']) } }),
    ...(isObject(responses) && { responses: Object.fromEntries(Object.entries(responses).map(([code, response]) => [code, answer(response, produces ?? document['produces'])])) }),
  }
}
function answer(response: unknown, produces: unknown): unknown {
  if (!isObject(response)) return response
  const { schema, examples: _, headers, ...rest } = response
  return { ...(reworded(rest) as Json), ...(isObject(headers) && { headers: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, isObject(header) ? typed(header) : header])) }), ...(schema !== undefined && { content: contents(produces, schema) }) }
}
const contents = (types: unknown, schema: unknown): Json =>
  Object.fromEntries((Array.isArray(types) && types.length > 0 ? types as string[] : ['*/*']).map((type) => [type, { ...(schema !== undefined && { schema: reworded(schema) }) }]))

/** Parameters may stand in the document and be referred to. */
function resolved(parameters: unknown, document: Json): readonly Json[] {
  const shared = isObject(document['parameters']) ? document['parameters'] : {}
  return (Array.isArray(parameters) ? parameters as readonly Json[] : []).flatMap((parameter) => {
    const name = typeof parameter['$ref'] === 'string' ? parameter['$ref'].replace('#/parameters/', '') : undefined
    const found = name === undefined ? parameter : shared[name]
    return isObject(found) ? [found] : []
  })
}
const parametersOf = (parameters: unknown, document: Json): readonly Json[] => resolved(parameters, document).filter((parameter) => parameter['in'] !== 'body' && parameter['in'] !== 'formData').map(typed)
const ofSchema = new Set(['type', 'format', 'items', 'default', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'enum', 'multipleOf'])
/** What a parameter may be is said in a schema of its own. */
function typed(parameter: Json): Json {
  const entries = Object.entries(parameter).filter(([key]) => key !== 'collectionFormat'), about = entries.filter(([key]) => !ofSchema.has(key))
  return { ...Object.fromEntries(about), schema: reworded(Object.fromEntries(entries.filter(([key]) => ofSchema.has(key)))) }
}
