import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fieldsOf, knownStructs } from './go-types.ts'
import { dataHash, templateHash } from './index.ts'
import { printGo } from './print.ts'

const container = { image: 'registry.example/app:1', imagePullPolicy: 'IfNotPresent', name: 'c', resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container], dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'golden-none', securityContext: {}, terminationGracePeriodSeconds: 30 } }

test('a template has the hash that the reference gave it', () => { assert.equal(templateHash(template), '7cd6664fbb') })
test('a collision makes another', () => {
  assert.notEqual(templateHash(template, 0), templateHash(template))
  assert.notEqual(templateHash(template, 1), templateHash(template, 0))
})
test('what is empty and what is absent are the same, an empty object is not', () => {
  assert.equal(templateHash({ ...template, spec: { ...template.spec, tolerations: [], nodeSelector: {} } }), templateHash(template))
  assert.notEqual(templateHash({ ...template, spec: { ...template.spec, affinity: {} } }), templateHash(template))
})
test('the order of keys does not matter', () => {
  assert.equal(templateHash({ spec: Object.fromEntries(Object.entries(template.spec).reverse()), metadata: template.metadata }), templateHash(template))
  assert.equal(dataHash({ a: 1, b: 2 }), dataHash({ b: 2, a: 1 }))
})

const prints: [type: string, value: unknown, expected: string][] = [
  ['resource.Quantity', '100m', '{i:(resource.int64Amount){value:(int64)100 scale:(resource.Scale)-3} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)100m Format:(resource.Format)DecimalSI}'],
  ['resource.Quantity', '128Mi', '{i:(resource.int64Amount){value:(int64)134217728 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string) Format:(resource.Format)BinarySI}'],
  ['resource.Quantity', '1Gi', '{i:(resource.int64Amount){value:(int64)1073741824 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)1Gi Format:(resource.Format)BinarySI}'],
  ['resource.Quantity', '2', '{i:(resource.int64Amount){value:(int64)2 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)2 Format:(resource.Format)DecimalSI}'],
  ['intstr.IntOrString', 'http', '{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)http}'],
  ['v1.EnvFromSource', { secretRef: { name: 's' } }, '{Prefix:(string) ConfigMapRef:(*v1.ConfigMapEnvSource)<nil> SecretRef:(*v1.SecretEnvSource){LocalObjectReference:(v1.LocalObjectReference){Name:(string)s} Optional:(*bool)<nil>}}'],
]
for (const [type, value, expected] of prints) test(`${type} ${JSON.stringify(value)} is printed as Go prints it`, () => { assert.equal(printGo(type, value), `(${type})${expected}`) })

test('every field of a pod template is in the table, and no other', () => {
  const definitions = JSON.parse(readFileSync(new URL('../../../tests/facts/definitions.json', import.meta.url), 'utf8')) as Record<string, { properties?: Record<string, unknown> }>
  const of = (type: string) => definitions[`io.k8s.api.core.v1.${type.slice(3)}`] ?? definitions[`io.k8s.apimachinery.pkg.apis.meta.v1.${type.slice(3)}`]
  const names = (type: string): string[] => (fieldsOf(type) ?? []).flatMap(({ json, type: embedded }) => (json === '' ? names(embedded) : [json]))
  for (const type of knownStructs) {
    const known = of(type)?.properties
    if (known) assert.deepEqual(names(type).sort(), Object.keys(known).sort(), type)
  }
})
