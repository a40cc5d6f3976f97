import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze } from '#machinery'
import { deployment } from '../../apps/deployment.ts'
import { created, written } from '../../as-written.ts'
import { imageTag } from './image.ts'
import { pod } from './index.ts'
import { qosClass } from './qos.ts'

const spec = (given: object) => written(pod, { spec: { containers: [{ name: 'c', image: 'i:1' }], ...given } }).spec
const container = (given: object) => spec({ containers: [{ name: 'c', image: 'i:1', ...given }] }).containers[0]

test('a pod with nothing but a container', () => {
  assert.deepEqual(spec({}), {
    containers: [{ name: 'c', image: 'i:1', imagePullPolicy: 'IfNotPresent', resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }],
    dnsPolicy: 'ClusterFirst', enableServiceLinks: true, restartPolicy: 'Always', schedulerName: 'default-scheduler', securityContext: {}, terminationGracePeriodSeconds: 30,
  })
})
test('a template has no service links of its own', () => {
  const made = written(deployment, { spec: { selector: {}, template: { spec: { containers: [] } } } })
  assert.equal('enableServiceLinks' in made.spec.template.spec, false)
})
test('images without a tag are pulled always', () => {
  for (const [image, tag] of [['i', 'latest'], ['i:latest', 'latest'], ['i:1', '1'], ['host:5000/a/b', 'latest'], ['host:5000/a/b:v2', 'v2'], ['i@sha256:' + 'a'.repeat(64), ''], ['Not An Image', ''], ['[2001:db8::1]:5000/x', 'latest']] as const)
    assert.equal(imageTag(image), tag, image)
  assert.equal(container({ image: 'i' }).imagePullPolicy, 'Always')
  assert.equal(container({ image: 'i@sha256:' + 'a'.repeat(64) }).imagePullPolicy, 'IfNotPresent')
})
test('ports have a protocol; with the host network they are the host\'s', () => {
  assert.deepEqual(container({ ports: [{ containerPort: 80 }] }).ports, [{ containerPort: 80, protocol: 'TCP' }])
  assert.equal(spec({ hostNetwork: true, containers: [{ name: 'c', image: 'i:1', ports: [{ containerPort: 80 }] }] }).containers[0].ports[0].hostPort, 80)
})
test('limits are requests, where there are none', () => {
  assert.deepEqual(container({ resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } } }).resources.requests, { cpu: '500m', memory: '1Gi' })
})
test('probes and what they call', () => {
  assert.deepEqual(container({ livenessProbe: { httpGet: { port: 80 } } }).livenessProbe,
    { httpGet: { path: '/', port: 80, scheme: 'HTTP' }, failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 })
})
test('volumes: an empty directory when nothing is said, and modes of files', () => {
  assert.deepEqual(spec({ volumes: [{ name: 'a' }, { name: 'b', configMap: { name: 'x' } }, { name: 'h', hostPath: { path: '/x' } }, { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] }).volumes, [
    { name: 'a', emptyDir: {} }, { name: 'b', configMap: { name: 'x', defaultMode: 0o644 } }, { name: 'h', hostPath: { path: '/x', type: '' } },
    { name: 'p', projected: { defaultMode: 0o644, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] } },
  ])
})
test('both names of the service account are kept in step', () => {
  const { serviceAccount, serviceAccountName } = spec({ serviceAccount: 'old' })
  assert.deepEqual([serviceAccount, serviceAccountName], ['old', 'old'])
})
test('defaults concern the spec alone, as the kind says', () => {
  const object = written(pod, { spec: { containers: [{ name: 'c', image: 'i' }] }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } })
  assert.equal(pod.rules.defaultsOf, 'spec')
  pod.rules.defaults!({ ...object, metadata: deepFreeze(object.metadata), status: deepFreeze(object.status) })
})
test('a new pod is pending, with its quality of service', () => {
  assert.deepEqual(created(pod, { spec: { containers: [] }, status: { phase: 'Running' } }).status, { phase: 'Pending', qosClass: 'BestEffort' })
})

const asking = (...resources: object[]) => ({ containers: resources.map((r, i) => ({ name: `c${i}`, image: 'i', resources: r })) })
for (const [name, given, qos] of [
  ['nobody asks', asking({}, {}), 'BestEffort'],
  ['zero is nothing', asking({ requests: { cpu: '0' } }), 'BestEffort'],
  ['one asks', asking({ requests: { cpu: '1' } }, {}), 'Burstable'],
  ['limits without memory', asking({ limits: { cpu: '1' }, requests: { cpu: '1' } }), 'Burstable'],
  ['limits that are requests', asking({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1Gi' } }), 'Guaranteed'],
  ['one of two is guaranteed', asking({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }, {}), 'Burstable'],
  ['requests below limits', asking({ limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }), 'Burstable'],
] as const) test(`quality of service: ${name}: ${qos}`, () => assert.equal(qosClass(given as never), qos))
