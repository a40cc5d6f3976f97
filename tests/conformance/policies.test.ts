// Admission by policies written in CEL.
import assert from 'node:assert/strict'
import { conformance, type Stage } from './stage.ts'

const api = '/apis/admissionregistration.k8s.io/v1'
const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }
const deployments = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/deployments`
const deployment = (name: string, replicas: number, more: object = {}) => ({ metadata: { name, ...more }, spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'nginx', image: 'pause' }] } } } })
const inside = (namespace: string) => ({ matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } } })

conformance('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin]', { controllers: ['validatingadmissionpolicy-status'] }, (behaviour) => {
  const policy = async (stage: Stage, namespace: string, spec: object) => {
    const name = `${namespace}.policy.example.com`
    await stage.make(`${api}/validatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: { resourceRules: [rule] }, ...spec } })
    await stage.cluster.settle()
    await stage.make(`${api}/validatingadmissionpolicybindings`, { metadata: { name }, spec: { policyName: name, validationActions: ['Deny'], ...inside(namespace) } })
    await stage.cluster.settle()
    return name
  }
  behaviour('should validate against a Deployment', async (stage, namespace) => {
    const name = await policy(stage, namespace, { validations: [{ expression: 'object.spec.replicas > 1', messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)" }, { expression: "namespaceObject.metadata.name == '" + namespace + "'", message: 'Internal error! Other namespace should not be allowed.' }] })
    const refused = await stage.refused(422, new RegExp(`ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: wants replicas > 1, got 1`), `POST ${deployments(namespace)}`, deployment('refused', 1))
    assert.equal(refused['reason'], 'Invalid')
    await stage.make(deployments(namespace), deployment('replicated', 2))
    await stage.make('/api/v1/namespaces', { metadata: { name: `${namespace}-other` } })
    await stage.make(deployments(`${namespace}-other`), deployment('elsewhere', 1))
  })
  behaviour('should allow expressions to refer variables.', async (stage, namespace) => {
    await policy(stage, namespace, {
      variables: [{ name: 'replicas', expression: 'object.spec.replicas' }, { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' }],
      validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }],
    })
    await stage.refused(422, /failed expression: variables.replicas > 1/, `POST ${deployments(namespace)}`, deployment('one', 1))
    await stage.make(deployments(namespace), deployment('three', 3))
    await stage.refused(422, /failed expression: variables.oddReplicas/, `POST ${deployments(namespace)}`, deployment('four', 4))
  })
})

conformance('[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin]', { controllers: [] }, (behaviour) => {
  const policy = async (stage: Stage, namespace: string, ...expressions: string[]) => {
    const name = `${namespace}.policy.example.com`
    await stage.make(`${api}/mutatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: { resourceRules: [rule] }, reinvocationPolicy: 'IfNeeded', failurePolicy: 'Fail', mutations: expressions.map((expression) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } })) } })
    await stage.make(`${api}/mutatingadmissionpolicybindings`, { metadata: { name }, spec: { policyName: name, ...inside(namespace) } })
    await stage.cluster.settle()
  }
  behaviour('should mutate a Deployment', async (stage, namespace) => {
    await policy(stage, namespace, 'Object{spec: Object.spec{replicas: object.spec.replicas % 2 == 0 ? object.spec.replicas + 1 : object.spec.replicas}}')
    assert.equal((await stage.make(deployments(namespace), deployment('two', 2)))['spec'].replicas, 3)
    assert.equal((await stage.make(deployments(namespace), deployment('five', 5)))['spec'].replicas, 5)
  })
  behaviour('should mutate a Deployment with annotations', async (stage, namespace) => {
    await policy(stage, namespace, 'Object{metadata: Object.metadata{annotations: {"my-foo-annotation": "myAnnotationValue"}}}')
    assert.deepEqual((await stage.make(deployments(namespace), deployment('bare', 1)))['metadata'].annotations, { 'my-foo-annotation': 'myAnnotationValue' })
    assert.deepEqual((await stage.make(deployments(namespace), deployment('own', 1, { annotations: { mine: 'kept' } })))['metadata'].annotations, { mine: 'kept', 'my-foo-annotation': 'myAnnotationValue' })
  })
})
