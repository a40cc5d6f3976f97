// Whole numbers beyond 2^53 keep every digit, whichever way they come, go and are looked at.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pod } from '#kinds'
import { encodeCbor, loadProtobuf, protobufType } from '#machinery'
import { start } from './contract-kit.ts'
import { definition, established, version, widgets } from './crd/contract-kit.ts'

const most = '9223372036854775807', odd = '9007199254740993'
const pods = '/api/v1/namespaces/n/pods'
const podText = (seconds: string, more = '') => `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"nodeName":"node","terminationGracePeriodSeconds":${seconds},"containers":[{"name":"c","image":"i"}]${more}}}`
const widgetText = (spec: string) => `{"apiVersion":"x.example/v1","kind":"Widget","metadata":{"name":"w"},"spec":${spec}}`
const applying = { 'content-type': 'application/apply-patch+yaml' }

test('a built-in object keeps an int64 through create, patches, lists, YAML and protobuf', async () => {
  const codec = await loadProtobuf()
  const { ask, send } = await start()
  const made = await ask(`POST ${pods}`, podText(most))
  assert.match(made.text, new RegExp(`"terminationGracePeriodSeconds":${most}[,}]`))
  assert.match((await ask(`GET ${pods}`)).text, new RegExp(`"terminationGracePeriodSeconds":${most}[,}]`))
  assert.match((await ask(`GET ${pods}/p`, undefined, { accept: 'application/yaml' })).text, new RegExp(`terminationGracePeriodSeconds: ${most}\n`))
  const patched = await ask(`PATCH ${pods}/p`, `{"spec":{"activeDeadlineSeconds":1},"metadata":{"labels":{"a":"b"}}}`, { 'content-type': 'application/strategic-merge-patch+json' })
  assert.match(patched.text, new RegExp(`"terminationGracePeriodSeconds":${most}[,}]`))
  const { body } = await send(`GET ${pods}/p`, undefined, { accept: protobufType })
  const { raw } = codec.openEnvelope(Buffer.concat(body.type === 'bytes' ? body.chunks : []))
  const read = codec.readMessage(pod.schema, raw) as { spec: { terminationGracePeriodSeconds: unknown }; metadata: { name: string } }
  assert.equal(read.spec.terminationGracePeriodSeconds, BigInt(most))
  read.metadata.name = 'q'
  const again = await ask(`POST ${pods}?dryRun=All`, codec.writeObject(pod.schema, { ...read, apiVersion: 'v1', kind: 'Pod' }), { 'content-type': protobufType, accept: 'application/json' })
  assert.match(again.text, new RegExp(`"terminationGracePeriodSeconds":${most}[,}]`))
})

test('a grace period without end is counted in 64 bits of nanoseconds', async () => {
  const { ask } = await start()
  await ask(`POST ${pods}`, podText(most))
  const deleted = await ask(`DELETE ${pods}/p`)
  assert.equal(deleted.status, 200)
  assert.equal(deleted.body.metadata.deletionTimestamp, '2025-12-31T23:59:59Z')
})

test('a number that does not fit is told with its digits', async () => {
  const { ask } = await start()
  for (const [line, text, message] of [
    [`POST ${pods}`, podText('9223372036854775808'), 'json: cannot unmarshal number 9223372036854775808 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64'],
    [`POST ${pods}`, podText('-9223372036854775809'), 'json: cannot unmarshal number -9223372036854775809 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64'],
    [`POST ${pods}`, podText('1', ',"priority":2147483648'), 'json: cannot unmarshal number 2147483648 into Go struct field PodSpec.spec.priority of type int32'],
    [`POST ${pods}`, podText('1', ',"priority":9007199254740993'), 'json: cannot unmarshal number 9007199254740993 into Go struct field PodSpec.spec.priority of type int32'],
    [`POST ${pods}`, podText('1', ',"hostname":9007199254740993'), 'json: cannot unmarshal number into Go struct field PodSpec.spec.hostname of type string'],
  ] as const) {
    const { status, body } = await ask(line, text)
    assert.deepEqual([status, body.message], [400, `Pod in version "v1" cannot be handled as a Pod: ${message}`])
  }
})

test('a merge patch too may not write a whole number with a point, and is shown as it was written', async () => {
  const { ask } = await start()
  await ask(`POST ${pods}`, podText('1'))
  const refused = await ask(`PATCH ${pods}/p?fieldValidation=Ignore`, '{"spec":{"activeDeadlineSeconds":1e1},"metadata":{"labels":null}}')
  assert.equal(refused.status, 422)
  assert.match(refused.body.message, /^ "" is invalid: patch: Invalid value: "\{.*\\"activeDeadlineSeconds\\":1e1[,}].*": json: cannot unmarshal number 1e1 into Go struct field PodSpec\.spec\.activeDeadlineSeconds of type int64$/)
  assert.equal((await ask(`PATCH ${pods}/p`, '{"spec":{"activeDeadlineSeconds":1e1}}', { 'content-type': 'application/strategic-merge-patch+json' })).body.spec.activeDeadlineSeconds, 10)
})

test('a JSON patch too may not write a whole number with a point, wherever it comes to stand, and what it tests is compared as it is written', async () => {
  const { ask } = await start(), operations = { 'content-type': 'application/json-patch+json' }
  await ask(`POST ${pods}`, podText('1'))
  const refused = await ask(`PATCH ${pods}/p`, '[{"op":"add","path":"/x","value":{"n":[0,1.0]}},{"op":"move","from":"/x/n/1","path":"/spec/activeDeadlineSeconds"},{"op":"remove","path":"/x"}]', operations)
  assert.equal(refused.status, 422)
  assert.match(refused.body.message, /^ "" is invalid: patch: Invalid value: "\{.*\\"activeDeadlineSeconds\\":1\.0[,}].*": json: cannot unmarshal number 1\.0 into Go struct field PodSpec\.spec\.activeDeadlineSeconds of type int64$/)
  const tested = await ask(`PATCH ${pods}/p`, '[{"op":"test","path":"/spec/terminationGracePeriodSeconds","value":1.0}]', operations)
  assert.deepEqual([tested.status, tested.body.message], [422, 'the server rejected our request due to an error in our request'])
  assert.equal((await ask(`PATCH ${pods}/p`, '[{"op":"test","path":"/spec/terminationGracePeriodSeconds","value":1}]', operations)).status, 200)
})

test('a custom resource keeps an integer, its schema judges it and its rules see it', async () => {
  const { ask } = await start()
  await established(ask, definition([version({
    n: { type: 'integer', format: 'int64', 'x-kubernetes-validations': [{ rule: `self != 9007199254740992`, message: 'rounded' }] }, least: { type: 'integer', minimum: 9.1e15 },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'integer' } }, any: { 'x-kubernetes-preserve-unknown-fields': true },
  }, { additionalPrinterColumns: [{ name: 'N', type: 'integer', jsonPath: '.spec.n' }] })]))
  const made = await ask(`POST ${widgets}`, widgetText(`{"n":${odd},"any":{"deep":[-${odd}],"beyond":18446744073709551615}}`))
  assert.match(made.text, /"n":9007199254740993,/)
  assert.match(made.text, /"deep":\[-9007199254740993\],"beyond":18446744073709552000/)
  assert.match((await ask(`GET ${widgets}`, undefined, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' })).text, /"cells":\["w",9007199254740993\]/)
  assert.match((await ask(`PATCH ${widgets}/w`, '{"spec":{"a":1}}')).text, /"n":9007199254740993,/)
  assert.match((await ask(`PATCH ${widgets}/w`, '[{"op":"test","path":"/spec/n","value":9007199254740993},{"op":"replace","path":"/spec/n","value":9007199254740995}]', { 'content-type': 'application/json-patch+json' })).text, /"n":9007199254740995,/)
  assert.equal((await ask(`PATCH ${widgets}/w`, '[{"op":"test","path":"/spec/n","value":9007199254740994}]', { 'content-type': 'application/json-patch+json' })).status, 422)
  const rounded = await ask(`PATCH ${widgets}/w`, '{"spec":{"n":9007199254740992}}')
  assert.match(rounded.body.message, /spec.n: Invalid value: 9007199254740992: rounded/)
  const low = await ask(`PATCH ${widgets}/w`, `{"spec":{"least":${odd}}}`)
  assert.match(low.body.message, /spec.least: Invalid value: 9007199254740993: spec.least in body should be greater than or equal to 9100000000000000/)
  const set = await ask(`PATCH ${widgets}/w?fieldManager=a`, widgetText(`{"set":[${odd},9007199254740992,9007199254740995]}`), applying)
  assert.match(set.text, /"set":\[9007199254740993,9007199254740992,9007199254740995\]/)
  assert.match(set.text, /"v:9007199254740993":\{\}/)
  const yaml = await ask(`PATCH ${widgets}/w?fieldManager=a`, `apiVersion: x.example/v1\nkind: Widget\nmetadata: {name: w}\nspec: {set: [${odd}], "n": ${most}}\n`, { ...applying, accept: 'application/json' })
  assert.match(yaml.body.message, /conflict/)
  const forced = await ask(`PATCH ${widgets}/w?fieldManager=a&force=true`, `apiVersion: x.example/v1\nkind: Widget\nmetadata: {name: w}\nspec: {set: [${odd}], "n": ${most}}\n`, applying)
  assert.match(forced.text, new RegExp(`"n":${most},`))
  assert.match(forced.text, /"set":\[9007199254740993\]/)
})

test('CBOR has whole numbers of 64 bits', () => {
  assert.equal(Buffer.from(encodeCbor([BigInt(most), -BigInt(most) - 1n])).toString('hex'), 'd9d9f7821b7fffffffffffffff3b7fffffffffffffff')
})
