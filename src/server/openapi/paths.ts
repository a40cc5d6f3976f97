// Paths as each dialect of OpenAPI writes them: version 2 names shared parameters once, version 3 speaks of contents.
import { fnv32a } from '#machinery'
import type { Served } from '../served.ts'
import { reference, type Dialect } from './definitions.ts'
import { pathsOfResource, type Method, type Operation, type Paths } from './operations.ts'
import type { Parameter } from './parameters.ts'

export interface WrittenPaths { readonly paths: Record<string, object>; /** Version 2 only. */ readonly parameters: Record<string, object> }

/** All paths of these resources, and what they share. */
export function pathsOf(dialect: Dialect, served: readonly Served[], more: Paths = {}): WrittenPaths {
  const parameters: Record<string, object> = {}
  const written = dialect === 'v2' ? version2(parameters) : version3
  const all: Paths = { ...more }
  for (const each of served) Object.assign(all, pathsOfResource(each))
  const paths = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, item]) => [path, {
    ...Object.fromEntries(Object.entries(item.operations).map(([method, operation]) => [method, written.operation(operation, method as Method)])),
    ...(item.parameters.length > 0 && { parameters: item.parameters.map(written.parameter) }),
  }]))
  return { paths, parameters }
}

interface Writer { readonly operation: (operation: Operation, method: Method) => object; readonly parameter: (parameter: Parameter) => object }

/** What an operation is beyond HTTP. */
const facts = ({ id, tag, description, action, type, deprecated }: Operation) => ({
  description, operationId: id, tags: [tag], ...(deprecated && { deprecated }), ...(action && { 'x-kubernetes-action': action }), ...(type && { 'x-kubernetes-group-version-kind': type }),
})
const words: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted', 401: 'Unauthorized' }

const version3: Writer = {
  parameter: ({ name, in: where, type, description, required }) => ({ name, in: where, ...(description && { description }), ...(required && { required }), schema: { type, uniqueItems: true } }),
  operation(operation) {
    const schema = (name: string) => ({ schema: name === 'string' ? { type: 'string' } : { $ref: reference('v3', name) } })
    const content = (types: readonly string[], name: string) => Object.fromEntries(types.map((type) => [type, schema(name)]))
    const body = operation.parameters.find((p) => p.in === 'body'), others = operation.parameters.filter((p) => p.in !== 'body')
    return {
      ...facts(operation), ...(others.length > 0 && { parameters: others.map(version3.parameter) }),
      ...(body && { requestBody: { content: content(operation.consumes, body.schema!), ...(body.required && { required: true }) } }),
      responses: { ...Object.fromEntries(Object.entries(operation.responses).map(([code, name]) => [code, { description: words[code], content: content(operation.produces, name) }])), 401: { description: words[401] } },
    }
  },
}

/** Parameters that many operations have are written once, under a name that follows from what they say. */
function version2(shared: Record<string, object>): Writer {
  const own = new Set(['dryRun', 'fieldValidation'])
  const parameter = ({ name, in: where, type, description, required, schema }: Parameter): object => {
    const written = { ...(description && { description }), in: where, name, ...(required && { required }), ...(schema ? { schema: { $ref: reference('v2', schema) } } : { type, uniqueItems: true }) }
    if (own.has(name) || (schema && required)) return written
    const key = `${name}-${fnv32a(JSON.stringify(written)).toString(16)}`
    shared[key] ??= written
    return { $ref: `#/parameters/${key}` }
  }
  return {
    parameter,
    operation: (operation) => ({
      consumes: operation.consumes, ...facts(operation), ...(operation.parameters.length > 0 && { parameters: operation.parameters.map(parameter) }), produces: operation.produces,
      responses: { ...Object.fromEntries(Object.entries(operation.responses).map(([code, name]) => [code, { description: words[code], schema: name === 'string' ? { type: 'string' } : { $ref: reference('v2', name) } }])), 401: { description: words[401] } },
      schemes: ['https'],
    }),
  }
}
