import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created, problems, problemsOfChange } from '../../as-written.ts'
import { pod } from './index.ts'

const base = { name: 'c', image: 'registry.example/app:1' }
const withSpec = (spec: object) => ({ metadata: { name: 'p' }, spec: { containers: [base], ...spec } })
const withContainer = (c: object) => withSpec({ containers: [{ ...base, ...c }] })
const volume = (v: object) => withSpec({ volumes: [{ name: 'v', ...v }] })

for (const [name, body, ...expected] of [
  ['a plain pod is fine', withSpec({})],
  ['no containers', withSpec({ containers: [] }), 'spec.containers: Required value'],
  ['a container without an image', withContainer({ image: '' }), 'spec.containers[0].image: Required value'],
  ['spaces around an image', withContainer({ image: ' a' }), 'spec.containers[0].image: Invalid value: " a": must not have leading or trailing whitespace'],
  ['two containers of one name', withSpec({ containers: [base, base] }), 'spec.containers[1].name: Duplicate value: "c"'],
  ['two volume types', volume({ emptyDir: {}, hostPath: { path: '/x' } }), 'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  ['a path that leads out', volume({ hostPath: { path: '/a/../b' } }), "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"],
  ['a mount of nothing', withContainer({ volumeMounts: [{ name: 'x', mountPath: '/x' }] }), 'spec.containers[0].volumeMounts[0].name: Not found: "x"'],
  ['a volume that is wrong cannot be mounted', { ...volume({ emptyDir: {}, hostPath: { path: '/x' } }), spec: { ...volume({ emptyDir: {}, hostPath: { path: '/x' } }).spec, containers: [{ ...base, volumeMounts: [{ name: 'v', mountPath: '/x' }] }] } },
    'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type', 'spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  ['a port out of range', withContainer({ ports: [{ containerPort: 70000 }] }), 'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  ['requests above limits', withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }), 'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ['an unknown restart policy', withSpec({ restartPolicy: 'Sometimes' }), 'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
  ['no time to live', withSpec({ activeDeadlineSeconds: 0 }), 'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
  ['a toleration of everything must say Exists', withSpec({ tolerations: [{ effect: 'NoSchedule' }] }),
    'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"'],
  ['an address that is none', withSpec({ hostAliases: [{ ip: '300.0.0.1' }] }), 'spec.hostAliases[0].ip: Invalid value: "300.0.0.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ['ephemeral containers come later', withSpec({ ephemeralContainers: [{ name: 'd', image: 'i' }] }), 'spec.ephemeralContainers: Forbidden: cannot be set on create'],
] as [string, object, ...string[]][]) test(`a new pod: ${name}`, () => assert.deepEqual(problems(pod, body), expected))

const only = 'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`'
for (const [name, change, ...expected] of [
  ['another image is fine', (p) => { p.spec.containers[0].image = 'j' }],
  ['a shorter deadline is fine', (p) => { p.spec.activeDeadlineSeconds = 5 }],
  ['another toleration is fine', (p) => { p.spec.tolerations = [...(p.spec.tolerations ?? []), { key: 'a', operator: 'Exists' }] }],
  ['another node is not', (p) => { p.spec.nodeName = 'n' }, only],
  ['a longer deadline is not', (p) => { p.spec.activeDeadlineSeconds = 500 }, 'spec.activeDeadlineSeconds: Invalid value: 500: must be less than or equal to previous value'],
  ['one container more is not', (p) => { p.spec.containers.push({ ...p.spec.containers[0], name: 'd' }) }, 'spec.containers: Forbidden: pod updates may not add or remove containers'],
] as [string, (pod: any) => void, ...string[]][]) test(`a change of a pod: ${name}`, () => { // allowed: changes of any field
  const found = problemsOfChange(pod, withSpec({ activeDeadlineSeconds: 100 }), change)
  assert.deepEqual(found.map((f, i) => (f.startsWith(expected[i] ?? '?') ? expected[i] : f)), expected)
})
test('a refused change is shown as a diff', () => {
  const [message] = problemsOfChange(pod, withSpec({}), (p) => { p.spec.nodeName = 'n' })
  assert.match(message!, /\n@@ -\d+,7 \+\d+,7 @@\n/)
  assert.match(message!, /\n- "NodeName": "",\n\+ "NodeName": "n",\n/)
})

test('ephemeral containers are added, never changed or removed', () => {
  const with1 = withSpec({})
  const add = (p: any) => { p.spec.ephemeralContainers = [{ name: 'd', image: 'i', imagePullPolicy: 'Always', resources: {}, terminationMessagePath: '/x', terminationMessagePolicy: 'File' }] } // allowed: changes of any field
  assert.deepEqual(problemsOfChange(pod, with1, add, 'ephemeralcontainers'), [])
})
test('resizing keeps the quality of service', () => {
  const body = withContainer({ resources: { requests: { cpu: '100m' }, limits: { cpu: '200m', memory: '64Mi' } } })
  const to = (cpu: string) => problemsOfChange(pod, body, (p) => { p.spec.containers[0].resources.requests.cpu = cpu }, 'resize')
  assert.deepEqual(to('150m'), [])
  assert.deepEqual(to('200m'), ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'])
})
test('a container that ended for good does not come back', () => {
  const state = (s: object) => [{ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state: s }]
  const old = { ...created(pod, withSpec({ restartPolicy: 'Never' })), status: { phase: 'Failed', containerStatuses: state({ terminated: { exitCode: 1 } }) } }
  const now = { ...old, status: { ...old.status, containerStatuses: state({ running: {} }) } }
  assert.deepEqual(pod.rules.validate!(now, old, 'status').map((e) => e.field), ['status.containerStatuses[0].state'])
  assert.deepEqual(pod.rules.validate!(old, old, 'status'), [])
})
