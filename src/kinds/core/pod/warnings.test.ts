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
] as [string, object, ...string[]][]) test(`a warning about ${name}`, () => assert.deepEqual(warnings(spec), expected))

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
