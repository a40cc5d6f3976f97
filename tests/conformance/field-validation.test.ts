// What a strict server says of fields that nobody declared, or declared twice.
import assert from 'node:assert/strict'
import { conformance, type Body, type Stage } from './stage.ts'

const strict = 'fieldManager=field_validation_mgr&fieldValidation=Strict'
const deployment = (meta: string, spec: string) => `{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "my-dep", ${meta} "labels": {"app": "nginx"}}, "spec": {${spec} "selector": {"matchLabels": {"app": "nginx"}},
  "template": {"metadata": {"labels": {"app": "nginx"}}, "spec": {"containers": [{"name": "nginx", "image": "nginx:latest"}]}}}}`
const port = { type: 'object', required: ['containerPort', 'protocol'], properties: { containerPort: { type: 'integer', format: 'int32' }, hostIP: { type: 'string' }, hostPort: { type: 'integer', format: 'int32' }, name: { type: 'string' }, protocol: { type: 'string' } } }
const spec = { type: 'object', properties: { foo: { type: 'string' }, cronSpec: { type: 'string', pattern: String.raw`^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$` },
  ports: { type: 'array', items: port, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['containerPort', 'protocol'] } } }
const open = { ...spec, 'x-kubernetes-preserve-unknown-fields': true }
const embedded = { ...open, properties: { ...spec.properties, template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { metadata: { type: 'object', properties: { name: { type: 'string' } } }, spec: { type: 'object' } } } } }

let definitions = 0
/** A cluster-scoped definition of two versions with one schema; the path of its first version. */
async function define(stage: Stage, schema: Body): Promise<(name: string) => string> {
  const plural = `noxus${++definitions}`, version = (name: string, storage: boolean) => ({ name, served: true, storage, schema: { openAPIV3Schema: schema }, subresources: {} })
  await stage.make('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata: { name: `${plural}.mygroup.example.com` }, spec: { group: 'mygroup.example.com', scope: 'Cluster', names: { plural, singular: `noxu${definitions}`, kind: `Noxu${definitions}` }, versions: [version('v1beta1', false), version('v1beta2', true)] } })
  await stage.cluster.settle()
  return (name) => `/apis/mygroup.example.com/v1beta1/${plural}/${name}`
}
const yaml = (fields: string, metadata = '', inSpec = '  foo: foo1') => `
apiVersion: mygroup.example.com/v1beta1
kind: Noxu${definitions}
metadata:
  name: mytest
  finalizers:
  - test-finalizer${metadata}
${fields}spec:
${inSpec}
  cronSpec: "* * * * */5"
  ports:
  - name: x
    containerPort: 80
    protocol: TCP`
const apply = { 'content-type': 'application/apply-patch+yaml' }

conformance('[sig-api-machinery] FieldValidation', { controllers: [] }, (behaviour) => {
  behaviour('should detect unknown and duplicate fields of a typed object', async (stage, namespace) => {
    await stage.refused(400, /strict decoding error: unknown field "spec.unknownField", duplicate field "spec.replicas"/, `POST /apis/apps/v1/namespaces/${namespace}/deployments?${strict}`, deployment('', '"unknownField": "foo", "replicas": 2, "replicas": 3,'))
  })
  behaviour('should detect unknown metadata fields of a typed object', async (stage, namespace) => {
    await stage.refused(400, /strict decoding error: unknown field "metadata.unknownMeta"/, `POST /apis/apps/v1/namespaces/${namespace}/deployments?${strict}`, deployment('"unknownMeta": "foo",', ''))
  })
  behaviour('should create/apply a valid CR for CRD with validation schema', async (stage) => {
    const path = await define(stage, { type: 'object', properties: { spec } })
    const made = await stage.ok(`PATCH ${path('mytest')}?${strict}`, yaml(''), apply)
    assert.deepEqual(made['spec'], { foo: 'foo1', cronSpec: '* * * * */5', ports: [{ name: 'x', containerPort: 80, protocol: 'TCP' }] })
  })
  behaviour('should create/apply a CR with unknown fields for CRD with no validation schema', async (stage) => {
    const path = await define(stage, { type: 'object', 'x-kubernetes-preserve-unknown-fields': true })
    assert.equal((await stage.ok(`PATCH ${path('mytest')}?${strict}`, yaml('', '', '  unknown: uk1'), apply))['spec'].unknown, 'uk1')
  })
  behaviour('should create/apply an invalid CR with extra properties for CRD with validation schema', async (stage) => {
    const path = await define(stage, { type: 'object', properties: { spec } })
    await stage.refused(500, /\.unknownField: field not declared in schema/, `PATCH ${path('mytest')}?${strict}`, yaml('unknownField: unknown\n'), apply)
  })
  behaviour('should detect unknown metadata fields in both the root and embedded object of a CR', async (stage, namespace) => {
    const path = await define(stage, { type: 'object', properties: { spec: embedded } })
    const inSpec = `  template:\n    apiversion: foo/v1\n    kind: Sub\n    metadata:\n      unknownSubMeta: unknown\n      name: subobject\n      namespace: ${namespace}\n  foo: foo1`
    await stage.refused(500, /\.spec\.template\.metadata\.unknownSubMeta: field not declared in schema|\.metadata\.unknownMeta: field not declared in schema/, `PATCH ${path('mytest')}?${strict}`, yaml('', '\n  unknownMeta: unknown', inSpec), apply)
  })
  behaviour('should detect duplicates in a CR when preserving unknown fields', async (stage) => {
    const path = await define(stage, { type: 'object', properties: { spec: open } })
    await stage.refused(400, /line 11: key "foo" already set in map/, `PATCH ${path('mytest')}?${strict}`, yaml('', '', '  unknown: uk1\n  foo: foo1\n  foo: foo2'), apply)
  })
})
