import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromSwagger } from './from-swagger.ts'

test('a document of v2 says the same in v3, of its version alone', () => {
  const made = fromSwagger({
    swagger: '2.0', info: { title: 'x', version: '1' }, consumes: ['application/json'], security: [{ B: [] }], securityDefinitions: { B: { type: 'apiKey' } }, parameters: { pretty: { name: 'pretty', in: 'query', type: 'string', uniqueItems: true } },
    definitions: { Thing: { type: 'object', properties: { other: { $ref: '#/definitions/Other' }, list: { type: 'array', items: { $ref: '#/definitions/Other' } } } }, Other: { type: 'string' } },
    paths: {
      '/apis/g/v1/things': {
        parameters: [{ $ref: '#/parameters/pretty' }],
        post: { operationId: 'create', schemes: ['https'], produces: ['application/json', 'application/yaml'], parameters: [{ in: 'body', name: 'body', required: true, schema: { $ref: '#/definitions/Thing' } }, { in: 'query', name: 'dryRun', type: 'string', enum: ['All'] }],
          responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/Thing' } }, 401: { description: 'Unauthorized' } }, 'x-kubernetes-action': 'post' },
      },
      '/apis/g/v2/things': { get: {} },
    },
  }, '/apis/g/v1')
  const thing = { $ref: '#/components/schemas/Thing' }, other = { $ref: '#/components/schemas/Other' }
  assert.deepEqual(made, {
    openapi: '3.0.0', info: { title: 'x', version: '1' }, security: [{ B: [] }],
    components: { schemas: { Thing: { type: 'object', properties: { other, list: { type: 'array', items: other } } }, Other: { type: 'string' } }, securitySchemes: { B: { type: 'apiKey' } } },
    paths: { '/apis/g/v1/things': {
      parameters: [{ name: 'pretty', in: 'query', schema: { type: 'string', uniqueItems: true } }],
      post: {
        operationId: 'create', 'x-kubernetes-action': 'post', parameters: [{ in: 'query', name: 'dryRun', schema: { type: 'string', enum: ['All'] } }], requestBody: { required: true, content: { 'application/json': { schema: thing } } },
        responses: { 200: { description: 'OK', content: { 'application/json': { schema: thing }, 'application/yaml': { schema: thing } } }, 401: { description: 'Unauthorized' } },
      },
    } },
  })
})
