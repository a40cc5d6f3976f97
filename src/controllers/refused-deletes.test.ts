import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daemonSet, event, pod, replicaSet, validatingAdmissionPolicy, validatingAdmissionPolicyBinding } from '#kinds'
import { TestCluster } from '#testing'

const at = { namespace: 'default' }, template = { metadata: { labels: { app: 'a' } }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] } }

test('pods that may not be deleted: it is told of, and of a ReplicaSet the condition says so', async () => {
  await using cluster = await TestCluster.start({ nodes: 1, controllers: ['serviceaccount', 'replicaset', 'daemonset', 'node-lifecycle'] })
  const { client } = cluster
  await client.create(replicaSet, { metadata: { name: 'rs', ...at }, spec: { replicas: 1, selector: { matchLabels: { app: 'a' } }, template } } as never)
  await client.create(daemonSet, { metadata: { name: 'ds', ...at }, spec: { selector: { matchLabels: { app: 'b' } }, template: { ...template, metadata: { labels: { app: 'b' } } } } } as never)
  await cluster.settle()
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['pods'] }]
  await client.create(validatingAdmissionPolicy, { metadata: { name: 'no' }, spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: 'false', message: 'they stay' }] } } as never)
  await client.create(validatingAdmissionPolicyBinding, { metadata: { name: 'no' }, spec: { policyName: 'no', validationActions: ['Deny'] } } as never)
  await cluster.settle()
  await client.patch(replicaSet, { name: 'rs', ...at }, 'merge', { spec: { replicas: 0 } })
  await client.patch(daemonSet, { name: 'ds', ...at }, 'merge', { spec: { template: { spec: { nodeSelector: { is: 'nowhere' } } } } })
  await cluster.clock.advance(1_000)
  await cluster.settle()
  const names = (await client.list(pod, at)).items.map(({ metadata }) => metadata.name), refusal = (app: string) => `pods "${names.find((name) => name.startsWith(app))}" is forbidden: ValidatingAdmissionPolicy 'no' with binding 'no' denied request: they stay`
  const said = new Set((await client.list(event, at)).items.filter(({ reason }) => reason === 'FailedDelete').map(({ type, involvedObject, message }) => `${type} ${involvedObject.kind} ${message}`))
  assert.deepEqual([...said].toSorted(), [`Warning DaemonSet Error deleting: ${refusal('ds')}`, `Warning ReplicaSet Error deleting: ${refusal('rs')}`])
  assert.deepEqual((await client.get(replicaSet, { name: 'rs', ...at })).status.conditions?.map(({ type, reason, message }) => [type, reason, message]), [['ReplicaFailure', 'FailedDelete', `unable to delete pods: ${refusal('rs')}`]])
})
