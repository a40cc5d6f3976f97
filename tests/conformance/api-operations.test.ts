// Kinds that configure the server itself: every operation on them, and on their status.
import assert from 'node:assert/strict'
import { apiOperations, conformance, discovered, type Body, type Stage } from './stage.ts'

/** A status is written alone: what else comes with it is left as it was. */
async function statusOperations(stage: Stage, path: string, object: Body, name = 'with-status'): Promise<void> {
  await stage.make(path, { ...object, metadata: { name } })
  const condition = (type: string) => ({ type, status: 'True', reason: 'E2E', message: 'e2e', lastTransitionTime: '2030-01-01T00:00:00Z' })
  const patched = await stage.merge(`${path}/${name}/status`, { metadata: { annotations: { ignored: 'true' } }, status: { conditions: [condition('PatchStatusFailed')] } })
  assert.deepEqual([patched['metadata'].annotations, patched['status'].conditions.map((c: Body) => c['type'])], [undefined, ['PatchStatusFailed']])
  await stage.cluster.settle()
  const read = await stage.get(`${path}/${name}/status`)
  assert.equal(read['metadata'].uid, patched['metadata'].uid)
  const updated = await stage.put(`${path}/${name}/status`, { ...read, status: { ...read['status'], conditions: [...read['status'].conditions, condition('StatusUpdateFailed')] } })
  assert.deepEqual(updated['status'].conditions.map((c: Body) => c['type']).filter((type: string) => type !== 'Dangling'), ['PatchStatusFailed', 'StatusUpdateFailed'])
  await stage.remove(`${path}/${name}`)
}

const flow = '/apis/flowcontrol.apiserver.k8s.io/v1'
conformance('[sig-api-machinery] API priority and fairness', {}, (behaviour) => {
  behaviour('should support FlowSchema API operations', async (stage) => {
    const object = () => ({ metadata: {}, spec: { matchingPrecedence: 10000, priorityLevelConfiguration: { name: 'global-default' }, distinguisherMethod: { type: 'ByUser' },
      rules: [{ subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }] } })
    await discovered(stage, 'flowcontrol.apiserver.k8s.io', 'v1', ['flowschemas', 'flowschemas/status'])
    await apiOperations(stage, `${flow}/flowschemas`, object)
    await statusOperations(stage, `${flow}/flowschemas`, object())
  })
  behaviour('should support PriorityLevelConfiguration API operations', async (stage) => {
    const object = () => ({ metadata: {}, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } } })
    await discovered(stage, 'flowcontrol.apiserver.k8s.io', 'v1', ['prioritylevelconfigurations', 'prioritylevelconfigurations/status'])
    await apiOperations(stage, `${flow}/prioritylevelconfigurations`, object)
    await statusOperations(stage, `${flow}/prioritylevelconfigurations`, object())
  })
})

const admission = 'admissionregistration.k8s.io', policies = `/apis/${admission}/v1`
const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }
conformance('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin]', {}, (behaviour) => {
  behaviour('should support ValidatingAdmissionPolicy API operations', async (stage) => {
    const object = () => ({ metadata: {}, spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'object.spec.replicas <= 100' }], failurePolicy: 'Ignore' } })
    await discovered(stage, admission, 'v1', ['validatingadmissionpolicies', 'validatingadmissionpolicies/status'])
    await stage.cluster.settle()
    await operationsOnPolicies(stage, object)
    await stage.make(`${policies}/validatingadmissionpolicies`, { ...object(), metadata: { name: 'with-status' } })
    const checked = await stage.until(`${policies}/validatingadmissionpolicies/with-status/status`, ({ status }) => status?.observedGeneration === 1)
    const updated = await stage.put(`${policies}/validatingadmissionpolicies/with-status/status`, { ...checked, status: { ...checked['status'], conditions: [{ type: 'E2E', status: 'True', reason: 'Set', message: 'set', lastTransitionTime: '2030-01-01T00:00:00Z' }] } })
    assert.equal(updated['status'].conditions[0].type, 'E2E')
    const patched = await stage.merge(`${policies}/validatingadmissionpolicies/with-status/status`, { status: { conditions: [] } })
    assert.deepEqual(patched['status'].conditions ?? [], [])
  })
  behaviour('should support ValidatingAdmissionPolicyBinding API operations', async (stage) => {
    await discovered(stage, admission, 'v1', ['validatingadmissionpolicybindings'])
    await apiOperations(stage, `${policies}/validatingadmissionpolicybindings`, () => ({ metadata: {}, spec: { policyName: 'none', validationActions: ['Deny'], matchResources: { resourceRules: [rule] } } }))
  })
})
conformance('[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin]', {}, (behaviour) => {
  behaviour('should support MutatingAdmissionPolicy API operations', async (stage) => {
    await discovered(stage, admission, 'v1', ['mutatingadmissionpolicies'])
    await apiOperations(stage, `${policies}/mutatingadmissionpolicies`, () => ({ metadata: {}, spec: { matchConstraints: { resourceRules: [rule] }, reinvocationPolicy: 'Never', failurePolicy: 'Ignore',
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{replicas: 2}}' } }] } }))
  })
  behaviour('should support MutatingAdmissionPolicyBinding API operations', async (stage) => {
    await discovered(stage, admission, 'v1', ['mutatingadmissionpolicybindings'])
    await apiOperations(stage, `${policies}/mutatingadmissionpolicybindings`, () => ({ metadata: {}, spec: { policyName: 'none', matchResources: { resourceRules: [rule] } } }))
  })
})

/** As for any kind; a controller writes down what it thinks of policies, so only their own changes are compared. */
async function operationsOnPolicies(stage: Stage, object: () => Body): Promise<void> {
  const path = `${policies}/validatingadmissionpolicies`, all = `${path}?labelSelector=e2e%3Dyes`, labelled = (name: string) => ({ ...object(), metadata: { name, labels: { e2e: 'yes' } } })
  const watch = await stage.watch(all)
  await stage.make(path, labelled('a'))
  await stage.make(path, labelled('b'))
  await stage.cluster.settle()
  assert.deepEqual(await stage.names(all), ['a', 'b'])
  const patched = await stage.merge(`${path}/a`, { metadata: { annotations: { patched: 'true' } } })
  const updated = await stage.put(`${path}/a`, { ...patched, spec: { ...patched['spec'], failurePolicy: 'Fail' } })
  assert.deepEqual([updated['metadata'].annotations.patched, updated['spec'].failurePolicy, updated['metadata'].generation], ['true', 'Fail', 2])
  await stage.remove(`${path}/a`)
  await stage.gone(`${path}/a`)
  await stage.ok(`DELETE ${all}`)
  assert.deepEqual(await stage.names(all), [])
  await stage.cluster.settle()
  assert.deepEqual([watch.seen().filter((e) => e.startsWith('ADDED')), watch.seen().filter((e) => e.startsWith('DELETED'))], [['ADDED a', 'ADDED b'], ['DELETED a', 'DELETED b']])
  watch.stop()
}
