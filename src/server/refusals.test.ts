// What is refused, and in which words.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { map, maps, start } from './contract-kit.ts'

for (const [what, line, body, headers, status, message] of [
  ['an unknown resource', 'GET /api/v1/nothings', undefined, {}, 404, 'the server could not find the requested resource'],
  ['an unknown version of a group', 'GET /apis/apps/v9/deployments', undefined, {}, 404, 'the server could not find the requested resource'],
  ['a method that the resource does not have', 'POST /api/v1/configmaps', map('a'), {}, 405, 'the server does not allow this method on the requested resource'],
  ['a missing object', `GET ${maps}/none`, undefined, {}, 404, 'configmaps "none" not found'],
  ['a missing object of a group', 'GET /apis/apps/v1/namespaces/n/deployments/none', undefined, {}, 404, 'deployments.apps "none" not found'],
  ['a name with a slash', `GET ${maps}/a%2Fb`, undefined, {}, 400, 'Name parameter invalid: "a/b": may not contain \'/\''],
  ['an Accept that nothing fits', `GET ${maps}/a`, undefined, { accept: 'image/png' }, 406, '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf'],
  ['a projection that does not exist', `GET ${maps}/a`, undefined, { accept: 'application/json;as=Bogus;v=v1;g=meta.k8s.io' }, 406, 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf'],
  ['a body of unknown type', `POST ${maps}`, map('a'), { 'content-type': 'text/plain' }, 415, 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf'],
  ['a patch of unknown type', `PATCH ${maps}/a`, {}, { 'content-type': 'application/json' }, 415, '415: Unsupported Media Type'],
  ['a truncated body', `POST ${maps}`, '{"apiVersion":"v1"', {}, 400, 'the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"apiVersion":"v1")'],
  ['another kind', `POST ${maps}`, { apiVersion: 'v1', kind: 'Secret' }, {}, 400, 'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion'],
  ['a kind that does not exist', `POST ${maps}`, { apiVersion: 'v2', kind: 'ConfigMap' }, {}, 400, 'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"'],
  ['no name', `POST ${maps}`, { metadata: {} }, {}, 422, 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'],
  ['another namespace than the URL\'s', `POST ${maps}`, map('a', { namespace: 'm' }), {}, 400, 'the namespace of the provided object does not match the namespace sent on the request'],
  ['another name than the URL\'s', `PUT ${maps}/a`, map('b'), {}, 400, 'the name of the object (b) does not match the name on the URL (a)'],
  ['an unknown field under strict validation', `POST ${maps}?fieldValidation=Strict`, { ...map('a'), datta: {} }, {}, 400, 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datta"'],
  ['a number with characters that cannot be printed', `GET ${maps}?limit=x%07`, undefined, {}, 400, String.raw`strconv.ParseInt: parsing "x\a": invalid syntax`],
  ['a number that is none', `GET ${maps}?limit=x`, undefined, {}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['a version that is none', `GET ${maps}/a?resourceVersion=x`, undefined, {}, 500, 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'],
  ['a version with characters that cannot be printed', `GET ${maps}/a?resourceVersion=x%07%C3%A9%E2%80%8B`, undefined, {}, 500, String.raw`resourceVersion: Invalid value: "x\aé\u200b": strconv.ParseUint: parsing "x\aé\u200b": invalid syntax`],
  ['a field that cannot be selected by', `GET ${maps}?fieldSelector=data.x=1`, undefined, {}, 400, '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ['a version match without a version', `GET ${maps}?resourceVersionMatch=Exact`, undefined, {}, 422, 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'],
] as const) {
  test(`${what} is refused in the reference's words`, async () => {
    const { ask } = await start()
    const answer = await ask(line, body, headers)
    assert.equal(answer.status, status)
    assert.equal(answer.body.message, message)
    assert.equal(answer.body.code, status)
  })
}
