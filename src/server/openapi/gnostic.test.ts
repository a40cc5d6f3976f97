// The protobuf form against gnostic's own messages (as far as these documents use them), read by an independent decoder.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import protobufjs from 'protobufjs'
import { loadProtobuf } from '#machinery'
import { start, type Body } from '../contract-kit.ts'
import { gnostic } from './gnostic.ts'

const { root } = protobufjs.parse(`
syntax = "proto3";
message Any { string yaml = 2; }
message NamedAny { string name = 1; Any value = 2; }
message Strings { repeated string value = 1; }
message NamedSchema2 { string name = 1; Schema2 value = 2; }
message Properties2 { repeated NamedSchema2 list = 1; }
message Additional2 { Schema2 schema = 1; bool boolean = 2; }
message Items2 { repeated Schema2 schema = 1; }
message Schema2 { string ref = 1; string format = 2; string description = 4; Any default = 5; double maximum = 7; int64 max_length = 11; string pattern = 13; bool unique_items = 16; repeated string required = 19; Additional2 additional_properties = 21; Strings type = 22; Items2 items = 23; Properties2 properties = 25; repeated NamedAny extension = 31; }
message Query2 { bool required = 1; string in = 2; string description = 3; string name = 4; string type = 6; bool unique_items = 20; }
message Path2 { bool required = 1; string in = 2; string description = 3; string name = 4; string type = 5; bool unique_items = 19; }
message NonBody2 { Query2 query = 3; Path2 path = 4; }
message Body2 { string description = 1; string name = 2; string in = 3; bool required = 4; Schema2 schema = 5; }
message Parameter2 { Body2 body = 1; NonBody2 non_body = 2; }
message Reference { string ref = 1; }
message ParameterItem2 { Parameter2 parameter = 1; Reference reference = 2; }
message SchemaItem2 { Schema2 schema = 1; }
message Response2 { string description = 1; SchemaItem2 schema = 2; }
message ResponseValue2 { Response2 response = 1; }
message NamedResponse2 { string name = 1; ResponseValue2 value = 2; }
message Responses2 { repeated NamedResponse2 code = 1; }
message Operation2 { repeated string tags = 1; string description = 3; string operation_id = 5; repeated string produces = 6; repeated string consumes = 7; repeated ParameterItem2 parameters = 8; Responses2 responses = 9; repeated string schemes = 10; repeated NamedAny extension = 13; }
message Item2 { Operation2 get = 2; Operation2 put = 3; Operation2 post = 4; Operation2 delete = 5; Operation2 patch = 8; repeated ParameterItem2 parameters = 9; }
message NamedItem2 { string name = 1; Item2 value = 2; }
message Paths2 { repeated NamedItem2 path = 2; }
message Definitions2 { repeated NamedSchema2 list = 1; }
message NamedParameter2 { string name = 1; Parameter2 value = 2; }
message Parameters2 { repeated NamedParameter2 list = 1; }
message Info2 { string title = 1; string version = 2; }
message Key2 { string type = 1; string name = 2; string in = 3; string description = 4; }
message Security2 { Key2 key = 2; }
message NamedSecurity2 { string name = 1; Security2 value = 2; }
message Securities2 { repeated NamedSecurity2 list = 1; }
message Document2 { string swagger = 1; Info2 info = 2; Paths2 paths = 8; Definitions2 definitions = 9; Parameters2 parameters = 10; Securities2 security_definitions = 13; }

message NamedSchema3 { string name = 1; SchemaOr3 value = 2; }
message Properties3 { repeated NamedSchema3 list = 1; }
message SchemaOr3 { Schema3 schema = 1; Reference reference = 2; }
message Items3 { repeated SchemaOr3 schema = 1; }
message Additional3 { SchemaOr3 schema = 1; bool boolean = 2; }
message Default3 { double number = 1; bool boolean = 2; string string = 3; }
message Schema3 { bool nullable = 1; int64 max_length = 15; bool unique_items = 20; repeated string required = 23; string type = 25; repeated SchemaOr3 all_of = 26; repeated SchemaOr3 one_of = 27; Items3 items = 30; Properties3 properties = 31; Additional3 additional_properties = 32; Default3 default = 33; string description = 34; string format = 35; repeated NamedAny extension = 36; }
message Parameter3 { string name = 1; string in = 2; string description = 3; bool required = 4; SchemaOr3 schema = 10; }
message ParameterOr3 { Parameter3 parameter = 1; }
message Media3 { SchemaOr3 schema = 1; }
message NamedMedia3 { string name = 1; Media3 value = 2; }
message Content3 { repeated NamedMedia3 list = 1; }
message Body3 { Content3 content = 2; bool required = 3; }
message BodyOr3 { Body3 body = 1; }
message Response3 { string description = 1; Content3 content = 3; }
message ResponseOr3 { Response3 response = 1; }
message NamedResponse3 { string name = 1; ResponseOr3 value = 2; }
message Responses3 { repeated NamedResponse3 list = 2; }
message Operation3 { repeated string tags = 1; string description = 3; string operation_id = 5; repeated ParameterOr3 parameters = 6; BodyOr3 request_body = 7; Responses3 responses = 8; repeated NamedAny extension = 13; }
message Item3 { Operation3 get = 4; Operation3 put = 5; Operation3 post = 6; Operation3 delete = 7; Operation3 patch = 10; repeated ParameterOr3 parameters = 13; }
message NamedItem3 { string name = 1; Item3 value = 2; }
message Paths3 { repeated NamedItem3 path = 1; }
message Schemas3 { repeated NamedSchema3 list = 1; }
message Scheme3 { string type = 1; string description = 2; string name = 3; string in = 4; }
message SchemeOr3 { Scheme3 scheme = 1; }
message NamedScheme3 { string name = 1; SchemeOr3 value = 2; }
message Schemes3 { repeated NamedScheme3 list = 1; }
message Components3 { Schemas3 schemas = 1; Schemes3 security_schemes = 7; }
message Info3 { string title = 1; string version = 6; }
message Document3 { string openapi = 1; Info3 info = 2; Paths3 paths = 4; Components3 components = 5; }
`)
const read = (type: string, bytes: Uint8Array): Body => root.lookupType(type).toObject(root.lookupType(type).decode(bytes), { longs: Number }) as Body
const named = (list: { name: string; value: Body }[] | undefined): Record<string, Body> => Object.fromEntries((list ?? []).map(({ name, value }) => [name, value]))
before(() => loadProtobuf())

test('a version 2 document says the same in protobuf', async () => {
  const { ask, send } = await start()
  const json = (await ask('GET /openapi/v2')).body
  const answer = await send('GET /openapi/v2', undefined, { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' })
  assert.equal(answer.headers['content-type'], 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
  const document = read('Document2', answer.body.type === 'bytes' ? Buffer.concat(answer.body.chunks) : Buffer.alloc(0))
  assert.deepEqual([document.swagger, document.info], ['2.0', json.info])
  const paths = named(document.paths.path), definitions = named(document.definitions.list), parameters = named(document.parameters.list)
  assert.deepEqual([Object.keys(paths).sort(), Object.keys(definitions).sort(), Object.keys(parameters).sort()], [Object.keys(json.paths), Object.keys(json.definitions), Object.keys(json.parameters)])
  const at = '/api/v1/namespaces/{namespace}/pods', post = paths[at]!.post, wanted = json.paths[at].post
  assert.deepEqual([post.operationId, post.tags, post.consumes, post.schemes], [wanted.operationId, wanted.tags, wanted.consumes, wanted.schemes])
  assert.deepEqual(post.parameters[0].parameter.body, { name: 'body', in: 'body', required: true, schema: { ref: '#/definitions/io.k8s.api.core.v1.Pod' } })
  assert.deepEqual(named(post.responses.code)[201]!.response, { description: 'Created', schema: { schema: { ref: '#/definitions/io.k8s.api.core.v1.Pod' } } })
  assert.equal(JSON.parse(named(post.extension)['x-kubernetes-group-version-kind']!.yaml as string).kind, 'Pod')
  const containers = named(definitions['io.k8s.api.core.v1.PodSpec']!.properties.list)['containers']!
  assert.deepEqual([containers.type.value, containers.items.schema, named(containers.extension)['x-kubernetes-list-map-keys']!.yaml], [['array'], [{ ref: '#/definitions/io.k8s.api.core.v1.Container' }], '["name"]'])
  const [reference] = Object.entries(parameters).find(([name]) => name.startsWith('labelSelector-'))!
  assert.ok(paths[at]!.get.parameters.some((p: Body) => p.reference?.ref === `#/parameters/${reference}`))
  assert.equal(parameters[reference]!.non_body ?? parameters[reference]!.nonBody.query.type, 'string')
})

test('a version 3 document says the same in protobuf', async () => {
  const { ask, send } = await start()
  const json = (await ask('GET /openapi/v3/apis/apps/v1')).body
  const answer = await send('GET /openapi/v3/apis/apps/v1', undefined, { accept: 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf' })
  const document = read('Document3', answer.body.type === 'bytes' ? Buffer.concat(answer.body.chunks) : Buffer.alloc(0))
  assert.deepEqual([document.openapi, document.info], ['3.0.0', json.info])
  const paths = named(document.paths.path), schemas = named(document.components.schemas.list)
  assert.deepEqual([Object.keys(paths), Object.keys(schemas)], [Object.keys(json.paths), Object.keys(json.components.schemas)])
  const { put } = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']!
  assert.deepEqual(named(put.requestBody.body.content.list)['*/*'], { schema: { reference: { ref: '#/components/schemas/io.k8s.api.apps.v1.Deployment' } } })
  assert.equal(put.requestBody.body.required, true)
  assert.deepEqual(named(put.responses.list)[200]!.response.content.list.map((m: Body) => m.name), ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'])
  const replicas = named(schemas['io.k8s.api.apps.v1.DeploymentSpec']!.schema.properties.list)
  assert.deepEqual([replicas['replicas']!.schema.type, replicas['replicas']!.schema.format, schemas['io.k8s.api.apps.v1.DeploymentSpec']!.schema.required], ['integer', 'int32', ['selector', 'template']])
  assert.deepEqual(schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']!.schema.oneOf.map((s: Body) => s.schema.type), ['integer', 'string'])
})

test('what schemas of custom resources say arrives too', () => {
  const schema = { type: 'object', description: 'é', properties: { a: { type: 'string', maxLength: 300, pattern: '^x', default: 'x', nullable: true }, b: { additionalProperties: true }, c: { additionalProperties: { type: 'number', maximum: 1.5 } } }, 'x-kubernetes-validations': [{ rule: 'true' }] }
  const two = named(read('Document2', gnostic('v2', { definitions: { T: schema } })).definitions.list)['T']!, of2 = named(two.properties.list)
  assert.deepEqual([two.description, of2['a']!.maxLength, of2['a']!.pattern, of2['a']!.default.yaml, of2['b']!.additionalProperties, of2['c']!.additionalProperties.schema.maximum], ['é', 300, '^x', '"x"', { boolean: true }, 1.5])
  assert.equal(two.extension[0].value.yaml, '[{"rule":"true"}]')
  const three = named(read('Document3', gnostic('v3', { components: { schemas: { T: schema } } })).components.schemas.list)['T']!.schema, of3 = named(three.properties.list)
  assert.deepEqual([of3['a']!.schema.nullable, of3['a']!.schema.maxLength, of3['a']!.schema.default, of3['b']!.schema.additionalProperties], [true, 300, { string: 'x' }, { boolean: true }])
})
