import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployment } from '../../apps/deployment.ts'
import { written } from '../../as-written.ts'
import { cronJob } from '../../batch/cronjob.ts'
import { pod } from './index.ts'

const warnings = (spec: object, metadata: object = {}) => pod.rules.warnings!(written(pod, { metadata: { name: 'p', ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } }))

for (const [name, spec, ...expected] of [
  ['nothing odd', {}],
  ['a projected volume of nothing', { volumes: [{ name: 'v', projected: { sources: [{}] } }] }, 'volume "v" (Projected) has no sources provided'],
  ['a secret without a name', { imagePullSecrets: [{ name: '' }] }, 'spec.imagePullSecrets[0].name: invalid empty name ""'],
  ['a secret twice', { imagePullSecrets: [{ name: 'a' }, { name: 'a' }] }, 'spec.imagePullSecrets[1].name: duplicate name "a"'],
  ['an old label', { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }, 'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['storage nobody serves', { volumes: [{ name: 'v', glusterfs: { endpoints: 'e', path: 'p' } }] }, 'spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+'],
  ['half a byte', { containers: [{ name: 'c', image: 'i', resources: { limits: { memory: '100m' } } }] },
    'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer', 'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer'],
  ['a constraint that matches nothing', { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }] },
    'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod'],
  ['an old label in an affinity', { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'In', values: ['-'] }] } }] } } },
    'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead',
    "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]: - is invalid, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"],
  ['a variable that is hidden', { containers: [{ name: 'c', image: 'i', env: [{ name: 'A', value: 'x' }, { name: 'A', value: '$(A)y' }, { name: 'A', value: 'z' }] }] },
    'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply'],
  ['ports of two containers', { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }, { name: 'd', image: 'i', ports: [{ containerPort: 80, hostPort: 81, hostIP: '1.1.1.1' }, { containerPort: 80, hostPort: 81 }] }] },
    'spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[0]', 'spec.containers[1].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
    'spec.containers[1].ports[1]: dangerously ambiguous port definition with spec.containers[1].ports[0]'],
  ['ports of one name', { initContainers: [{ name: 's', image: 'i', restartPolicy: 'Always', ports: [{ name: 'a', containerPort: 1 }] }], containers: [{ name: 'c', image: 'i', ports: [{ name: 'b', containerPort: 2 }, { name: 'a', containerPort: 3 }] }] },
    'spec.containers[0].ports[1]: duplicate port name "a" with spec.initContainers[0].ports[0], services and probes that select ports by name will use spec.initContainers[0].ports[0]'],
  ['files in each other\'s way', { volumes: [
    { name: 'c', configMap: { name: 'm', items: [{ key: 'a', path: 'x/y/' }, { key: 'b', path: 'x' }, { key: 'c', path: 'xy' }] } }, { name: 's', secret: { secretName: 't', items: [{ key: 'a', path: 'x' }, { key: 'b', path: 'x' }] } },
    { name: 'd', downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'metadata.name' } }, { path: 'x/z', fieldRef: { fieldPath: 'metadata.name' } }] } },
  ] }, 'volume "c" (ConfigMap "m"): overlapping paths: "x" with "x/y"', 'volume "s" (Secret "t"): overlapping paths: "x" with "x"', 'volume "d" (DownwardAPI): overlapping paths: "x/z" with "x"'],
  ['parts of a volume in each other\'s way', { volumes: [{ name: 'p', projected: { sources: [{ configMap: { name: 'm', items: [{ key: 'a', path: 't' }] } }, {}, { configMap: { name: 'whole' } }, { secret: { name: 's', items: [{ key: 'a', path: 't/u' }] } },
    { serviceAccountToken: { path: 't' } }] } }] }, 'volume "p" (Projected) has no sources provided', 'volume "p" (Projected): overlapping paths: "t/u" (Secret "s") with "t" (ConfigMap "m")',
    'volume "p" (Projected): overlapping paths: "t" (ServiceAccountToken) with "t" (ConfigMap "m")', 'volume "p" (Projected): overlapping paths: "t" (ServiceAccountToken) with "t/u" (Secret "s")'],
  ['an affinity to nobody', { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z' }] } } },
    'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod'],
  ['addresses that are written oddly', { hostAliases: [{ ip: '2001:DB8::1' }], dnsConfig: { nameservers: ['FD00::1'] } }, 'spec.dnsConfig.nameservers[0]: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")', 'spec.hostAliases[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")'],
] as [string, object, ...string[]][]) test(`a warning about ${name}`, () => assert.deepEqual(warnings(spec), expected))

test('pods like one before are warned about all the same', () => {
  const look = (spec: object, annotations: Record<string, string> = {}) => {
    const one = written(pod, { metadata: { name: 'p', annotations }, spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30, containers: [{ name: 'c', image: 'i', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' }], ...spec } })
    assert.deepEqual(pod.rules.validate!(one), [])
    return pod.rules.warnings!(one)
  }
  const critical = 'scheduler.alpha.kubernetes.io/critical-pod', old = { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }
  assert.deepEqual([look({}).length, look({}).length, look({}, { [critical]: '' }).length, look({}).length], [0, 0, 1, 0])
  assert.deepEqual([look(old).length, look(old).length], [1, 1])
})
test('changes of pods are not warned about, and reports of old addresses are', () => {
  const odd = written(pod, { metadata: { name: 'p' }, spec: { containers: [], imagePullSecrets: [{}] }, status: { podIPs: [{ ip: '010.0.0.1' }] } })
  assert.deepEqual(pod.rules.warnings!(odd, odd), [])
  assert.deepEqual(pod.rules.statusWarnings!(odd), ['status.podIPs[0].ip: non-standard IP address "010.0.0.1" will be considered invalid in a future Kubernetes release: use "10.0.0.1"'])
})
test('names that are no host names', () => {
  assert.equal(warnings({}, { name: 'a.b' }).length, 1)
  assert.match(warnings({}, { name: 'a.b' })[0]!, /^metadata\.name: this is used in the Pod's hostname, .* \[must not contain dots\]$/)
})
test('templates are warned about where they are, and only when they changed', () => {
  const template = { spec: { containers: [], imagePullSecrets: [{ name: '' }] } }
  const d = written(deployment, { metadata: { name: 'd', generation: 1 }, spec: { selector: {}, template } })
  assert.deepEqual(deployment.rules.warnings!(d), ['spec.template.spec.imagePullSecrets[0].name: invalid empty name ""'])
  assert.deepEqual(deployment.rules.warnings!(d, d), [])
  const c = written(cronJob, { metadata: { name: 'c' }, spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } } })
  assert.deepEqual(cronJob.rules.warnings!(c), ['spec.jobTemplate.spec.template.spec.imagePullSecrets[0].name: invalid empty name ""'])
})
