import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runtimeConfigProblem, servedResources, type RuntimeConfig } from './runtime-config.ts'

const none = new Set<string>()
const problems: readonly [RuntimeConfig, string | undefined][] = [
  [{}, undefined],
  [{ 'api/all': 'true', 'legacy/all': 'true', 'apps/v1/deployments': '' }, undefined],
  [{ '/v1/pods': 'true', 'extensions/v1beta1': '1', 'imagepolicy.k8s.io/v1alpha1': 'false' }, undefined],
  [{ 'api/all': 'false' }, 'invalid key with only api/all=false'],
  [{ 'api/all': 'false', 'api/ga': 'true' }, undefined],
  [{ 'api/beta': 'yes' }, 'invalid value api/beta=yes'],
  [{ 'api/beta': '' }, 'invalid value api/beta='],
  [{ 'legacy/all': '1' }, 'invalid value legacy/all=1'],
  [{ v1: 'true' }, 'runtime-config invalid key v1'],
  [{ 'apps/v1/deployments/scale': 'true' }, 'runtime-config invalid key apps/v1/deployments/scale'],
  [{ 'nonsense/v1': 'true', 'apps/v1': 'true', 'more.example/v1': 'true' }, 'unknown api groups nonsense,more.example'],
  [{ 'apps/v7': 'true' }, 'group version apps/v7 that has not been registered'],
  [{ '/v2': 'true' }, 'group version v2 that has not been registered'],
  [{ 'apps/v1': 'yes' }, 'invalid value of apps/v1: yes, err: strconv.ParseBool: parsing "yes": invalid syntax'],
  [{ 'apps/v1/Deployments': 'true' }, 'invalid key apps/v1/Deployments: group/version/resource and resource is always lowercase plural, not "Deployments"'],
]
for (const [config, problem] of problems) test(`${JSON.stringify(config)} is ${problem ?? 'understood'}`, () => { assert.equal(runtimeConfigProblem(config), problem) })

const off = 'networking.k8s.io/v1beta1', alpha = 'admissionregistration.k8s.io/v1alpha1'
const served: readonly [RuntimeConfig, groupVersion: string, resource: string, boolean][] = [
  [{}, 'apps/v1', 'deployments', true],
  [{}, off, 'ipaddresses', false],
  [{ [off]: 'true' }, off, 'ipaddresses', true],
  [{ [off]: '' }, off, 'ipaddresses', true],
  [{ [`${off}/ipaddresses`]: 'true' }, off, 'ipaddresses', true],
  [{ [`${off}/ipaddresses`]: 'true' }, off, 'servicecidrs', false],
  [{ [off]: 'true', [`${off}/ipaddresses`]: 'false' }, off, 'ipaddresses', false],
  [{ 'api/beta': 'true' }, off, 'ipaddresses', true],
  [{ 'api/beta': 'true' }, alpha, 'mutatingadmissionpolicies', false],
  [{ 'api/alpha': 'true' }, alpha, 'mutatingadmissionpolicies', true],
  [{ 'api/all': 'true', 'api/alpha': 'false' }, alpha, 'mutatingadmissionpolicies', false],
  [{ 'api/all': 'true', 'api/alpha': 'false' }, off, 'ipaddresses', true],
  [{ 'api/all': 'true', [off]: 'false' }, off, 'ipaddresses', false],
  [{ 'api/all': 'false', 'api/ga': 'true' }, 'apps/v1', 'deployments', true],
  [{ 'apps/v1/deployments': 'false' }, 'apps/v1', 'deployments', false],
  [{ 'apps/v1/deployments': 'false' }, 'apps/v1', 'replicasets', true],
  // What took its place is served, so it is an old version of it; a kind of its own is not.
  [{ 'legacy/all': 'true' }, off, 'ipaddresses', true],
  [{ 'legacy/all': 'true', [off]: 'false' }, off, 'ipaddresses', false],
  [{ 'legacy/all': 'true' }, 'coordination.k8s.io/v1beta1', 'leasecandidates', false],
]
for (const [config, groupVersion, resource, is] of served)
  test(`with ${JSON.stringify(config)} ${resource} of ${groupVersion} are ${is ? '' : 'not '}served`, () => { assert.equal(servedResources(config, none).serves(groupVersion, resource), is) })

const removed: readonly [RuntimeConfig, groupVersion: string, resource: string, boolean][] = [
  [{}, 'extensions/v1beta1', 'deployments', false],
  [{ 'api/all': 'true' }, 'extensions/v1beta1', 'deployments', false],
  [{ 'legacy/all': 'true' }, 'extensions/v1beta1', 'deployments', true],
  [{ 'legacy/all': 'true', 'extensions/v1beta1': 'false' }, 'extensions/v1beta1', 'deployments', false],
  [{ 'extensions/v1beta1': 'true' }, 'extensions/v1beta1', 'deployments', true],
  // v1.36 has other resources in this version: its name alone means those.
  [{ [off]: 'true' }, off, 'ingresses', false],
  [{ [`${off}/ingresses`]: 'true' }, off, 'ingresses', true],
  [{ 'legacy/all': 'true', [off]: 'true' }, off, 'ingresses', true],
]
for (const [config, groupVersion, resource, is] of removed)
  test(`with ${JSON.stringify(config)} removed ${resource} of ${groupVersion} are ${is ? '' : 'not '}served`, () => { assert.equal(servedResources(config, none).servesRemoved(groupVersion, resource), is) })

test('what also needs a feature gate is served while that is on, and missed aloud while it is not', () => {
  const config = { 'certificates.k8s.io/v1beta1': 'true' }, bundles = ['certificates.k8s.io/v1beta1', 'clustertrustbundles'] as const
  assert.equal(servedResources(config, none).serves(...bundles), false)
  assert.equal(servedResources(config, none).warnings.length, 2)
  assert.equal(servedResources(config, new Set(['ClusterTrustBundle'])).serves(...bundles), true)
  assert.equal(servedResources({}, new Set(['ClusterTrustBundle'])).serves(...bundles), false)
})
