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
  ['huge pages come whole', withContainer({ resources: { limits: { 'hugepages-2Mi': '3Mi', cpu: '1' } } }),
    'spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
    'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi'],
  ['a claim the pod does not have', withContainer({ resources: { claims: [{ name: 'a' }] } }),
    'spec.containers[0].resources.claims[0]: Not found: "a": must be one of the names in pod.spec.resourceClaims which is empty'],
  ['a claim whole and by request', { metadata: { name: 'p' }, spec: { resourceClaims: [{ name: 'a', resourceClaimName: 'r' }], containers: [{ ...base, resources: { claims: [{ name: 'a', request: 'r' }, { name: 'a' }] } }] } },
    'spec.containers[0].resources.claims[1]: Duplicate value: "a"'],
  ['claims of the pod as a whole', withSpec({ resources: { claims: [{ name: 'a' }], limits: { cpu: '1' } } }), 'spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level',
    'spec.resources.claims[0]: Not found: "a": must be one of the names in pod.spec.resourceClaims which is empty'],
  ['a pod that asks for less than its containers', withSpec({ containers: [{ ...base, resources: { requests: { cpu: '2' } } }], resources: { requests: { cpu: '1' } } }),
    'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2'],
  ['restarts by rules need a policy', withContainer({ restartPolicyRules: [{ action: 'Restart' }] }), 'spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
  ['rules that say nothing', withContainer({ restartPolicy: 'Never', restartPolicyRules: [{ action: 'Stop' }] }),
    'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"', 'spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified'],
  ['a file of a volume there is not', withContainer({ env: [{ name: 'A', valueFrom: { fileKeyRef: { key: 'k', path: 'p', volumeName: 'v' } } }] }),
    'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: "v"'],
  ['a profile of seccomp that is named for nothing', withContainer({ securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'p' } } }),
    'spec.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"RuntimeDefault","LocalhostProfile":"p"}: can only be set when seccomp type is Localhost'],
  ['a user of Windows', withContainer({ securityContext: { windowsOptions: { runAsUserName: 'a\\b\\c', gmsaCredentialSpecName: 'A' } } }),
    'spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpecName: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')',
    'spec.containers[0].securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash'],
  ['an operating system without a name', withSpec({ os: {} }), 'spec.os.name: Required value'],
  ['a host name of its own on the network of the host', withSpec({ hostNetwork: true, hostnameOverride: 'a' }), 'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true'],
  ['keys on both sides', withSpec({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', labelSelector: {}, matchLabelKeys: ['a'], mismatchLabelKeys: ['a'] }] } } }),
    'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys'],
  ['the cost of a deletion', { ...withSpec({}), metadata: { name: 'p', annotations: { 'controller.kubernetes.io/pod-deletion-cost': '+1' } } },
    'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer'],
  ['a mirror of nothing', { ...withSpec({}), metadata: { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } } },
    'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set'],
  ['a profile for no container', { ...withSpec({}), metadata: { name: 'p', annotations: { 'container.apparmor.security.beta.kubernetes.io/d': 'runtime/default' } } },
    'metadata.annotations[container.apparmor.security.beta.kubernetes.io/d]: Invalid value: "d": container not found'],
] as [string, object, ...string[]][]) test(`a new pod: ${name}`, () => assert.deepEqual(problems(pod, body), expected))

test('fields that are switched off are not there', () => {
  const { spec } = created(pod, withSpec({ schedulingGroup: { podGroupName: 'g' }, containers: [{ ...base, lifecycle: { stopSignal: 'SIGUSR1' } }] }))
  assert.deepEqual([spec.schedulingGroup, spec.containers[0].lifecycle], [undefined, undefined])
})
test('profiles that only annotations name are named by fields from then on', () => {
  const made = created(pod, { ...withSpec({}), metadata: { name: 'p', annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'localhost/x' } } })
  assert.deepEqual(made.spec.containers[0].securityContext, { appArmorProfile: { type: 'Localhost', localhostProfile: 'x' } })
})
for (const [name, change, ...expected] of [
  ['more to select by is fine', (p) => { p.spec.nodeSelector.b = 'y' }],
  ['another value is not', (p) => { p.spec.nodeSelector.a = 'z' }, 'spec.nodeSelector: Invalid value: {"a":"z"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)'],
  ['an affinity is fine', (p) => { p.spec.affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] } } } }],
] as [string, (pod: any) => void, ...string[]][]) // allowed: changes of any field
  test(`a pod that waits: ${name}`, () => assert.deepEqual(problemsOfChange(pod, withSpec({ schedulingGates: [{ name: 'g' }], nodeSelector: { a: 'x' } }), change), expected))
for (const [name, change, ...expected] of [
  ['what may be reported', (p) => { p.status.conditions = [{ type: 'a.b/c', status: 'True' }] }],
  ['a condition of a bad name', (p) => { p.status.conditions = [{ type: '-', status: 'True', observedGeneration: -1 }] }, 'status.conditions[0].observedGeneration: Invalid value: -1: must be a non-negative integer',
    "status.conditions[0].Type: Invalid value: \"-\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"],
  ['another quality of service', (p) => { p.status.qosClass = 'Guaranteed' }, 'status.qosClass: Invalid value: "Guaranteed": field is immutable'],
  ['a claim the pod does not have', (p) => { p.status.resourceClaimStatuses = [{ name: 'x' }] }, 'status.resourceClaimStatuses[0].name: Invalid value: "x": must match the name of an entry in `spec.resourceClaims`'],
  ['two addresses of a family', (p) => { p.status.podIPs = [{ ip: '1.2.3.4' }, { ip: '1.2.3.5' }] }, 'status.podIPs: Invalid value: [{"IP":"1.2.3.4"},{"IP":"1.2.3.5"}]: may specify no more than one IP for each IP family'],
] as [string, (pod: any) => void, ...string[]][]) // allowed: changes of any field
  test(`a report of a pod: ${name}`, () => assert.deepEqual(problemsOfChange(pod, withSpec({}), change, 'status'), expected))

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
for (const [name, change, ...expected] of [
  ['a limit is not taken away', (p) => { delete p.spec.containers[0].resources.limits.memory }, 'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed'],
  ['containers keep their names', (p) => { p.spec.containers[0].name = 'd' }, 'spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize'],
  ['and are as many', (p) => { p.spec.containers.push({ ...p.spec.containers[0], name: 'd' }) }, 'spec.containers: Forbidden: containers may not be added or removed on resize'],
  ['nothing else changes', (p) => { p.spec.containers[0].resources.limits['ephemeral-storage'] = '1Gi' }, 'spec: Forbidden: only cpu and memory resources are mutable'],
] as [string, (pod: any) => void, ...string[]][]) // allowed: changes of any field
  test(`resizing: ${name}`, () => assert.deepEqual(problemsOfChange(pod, withContainer({ resources: { requests: { cpu: '100m' }, limits: { cpu: '200m', memory: '64Mi' } } }), change, 'resize'), expected))
test('conditions of which a report does not say what they have seen keep it, one by one', () => {
  const old = created(pod, withSpec({})), now = structuredClone(old), conditions = (...seen: (number | undefined)[]) => seen.map((n) => ({ type: 'T', status: 'True', ...(n && { observedGeneration: n }) }))
  Object.assign(old.status, { observedGeneration: 3, conditions: conditions(1, 2) })
  now.status.conditions = conditions(undefined, undefined, undefined)
  pod.rules.prepareUpdate!(now, old, 'status', 0)
  assert.deepEqual([now.status.observedGeneration, now.status.conditions], [3, conditions(1, 2, undefined)])
})
test('a container that ended for good does not come back', () => {
  const state = (s: object) => [{ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state: s }]
  const old = { ...created(pod, withSpec({ restartPolicy: 'Never' })), status: { phase: 'Failed', containerStatuses: state({ terminated: { exitCode: 1 } }) } }
  const now = { ...old, status: { ...old.status, containerStatuses: state({ running: {} }) } }
  assert.deepEqual(pod.rules.validate!(now, old, 'status').map((e) => e.field), ['status.containerStatuses[0].state'])
  assert.deepEqual(pod.rules.validate!(old, old, 'status'), [])
})
