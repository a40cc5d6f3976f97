// What claims for devices use of quotas, by the classes of their devices and by the names that those have as extended resources.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created } from '../as-written.ts'
import { deviceClass } from '../resource/deviceclass.ts'
import { deviceResourceClaim } from '../resource/resourceclaim.ts'
import { pod } from './pod/index.ts'
import { measureOf, type QuotaSurroundings } from './quota-measures.ts'

const measure = measureOf(deviceResourceClaim), requests = [{ name: 'r', exactly: { deviceClassName: 'gpu', count: 3 } }]
const gpu = created(deviceClass, { metadata: { name: 'gpu' }, spec: { extendedResourceName: 'example.com/gpu' } })
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '11111111-1111-1111-1111-111111111111', controller: true }
const special = (name: string) => created(deviceResourceClaim, { metadata: { name, namespace: 'n', annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' }, ownerReferences: [owner] }, spec: { devices: { requests } } })
const asking = created(pod, { metadata: { name: 'p', namespace: 'n' }, spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { 'example.com/gpu': '2' } } }] } })
const around = (...claims: ReturnType<typeof special>[]): QuotaSurroundings => ({ deviceClass: (name) => (name === 'gpu' ? gpu : undefined), pod: () => asking, claims: () => claims })
const counted = { 'count/resourceclaims.resource.k8s.io': '1', 'gpu.deviceclass.resource.k8s.io/devices': '3', 'requests.deviceclass.resource.kubernetes.io/gpu': '3' }

test('devices count by their class, and by the name of an extended resource that it has', () => {
  const claim = created(deviceResourceClaim, { spec: { devices: { requests: [...requests, { name: 'o', exactly: { deviceClassName: 'other', allocationMode: 'All' } }] } } })
  assert.deepEqual(measure.usage(claim, 0, around()), { ...counted, 'requests.example.com/gpu': '3', 'other.deviceclass.resource.k8s.io/devices': '32', 'requests.deviceclass.resource.kubernetes.io/other': '32' })
  for (const name of Object.keys(counted)) assert.ok(measure.uses(name), name)
  assert.ok(measure.uses('requests.example.com/gpu') && !measure.uses('requests.cpu'))
})
test('what the pod is charged for its extended resources is not charged again for the claim that stands for them', () => {
  assert.deepEqual(measure.usage(special('a'), 0, around(special('a'))), { ...counted, 'requests.example.com/gpu': '1' })
  assert.deepEqual(measure.usage(special('b'), 0, around(special('a'), special('b'))), { ...counted, 'requests.example.com/gpu': '3' }, 'only the first claim of a pod stands for it')
})
