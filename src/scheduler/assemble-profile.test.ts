import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProfileConfiguration } from './assemble-profile.ts'
import { definePlugin } from './framework.ts'
import type { Point } from './profile.ts'
import { StillCluster } from './still-cluster.ts'

const mine = definePlugin({ name: 'Mine', make: () => ({ name: 'Mine', filter: () => undefined, score: () => undefined, preScore: () => undefined }) })
const at = (point: Point, plugins: ProfileConfiguration['plugins'], more: typeof mine[] = []) => new StillCluster([], { profile: { plugins: plugins ?? {} }, plugins: more }).profile.at(point).map((p) => p.name).join(' ')

test('the default profile has the plugins of the reference, in its order', () => {
  assert.equal(at('preEnqueue', {}), 'SchedulingGates DynamicResources DefaultPreemption')
  assert.equal(at('filter', {}), 'NodeUnschedulable NodeName TaintToleration NodeAffinity NodePorts NodeResourcesFit VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread InterPodAffinity DynamicResources NodeDeclaredFeatures')
  assert.equal(at('postFilter', {}), 'DynamicResources DefaultPreemption')
  assert.equal(at('score', {}), 'TaintToleration NodeAffinity NodeResourcesFit PodTopologySpread InterPodAffinity DynamicResources NodeResourcesBalancedAllocation ImageLocality')
})
const cases: [why: string, point: Point, plugins: ProfileConfiguration['plugins'], expected: string][] = [
  ['one step without a plugin', 'score', { score: { disabled: [{ name: 'TaintToleration' }, { name: 'ImageLocality' }] } }, 'NodeAffinity NodeResourcesFit PodTopologySpread InterPodAffinity DynamicResources NodeResourcesBalancedAllocation'],
  ['one step without any', 'postFilter', { postFilter: { disabled: [{ name: '*' }] } }, ''],
  ['one step with only what it names', 'score', { score: { disabled: [{ name: '*' }], enabled: [{ name: 'ImageLocality' }] } }, 'ImageLocality'],
  ['a plugin named first comes first', 'postFilter', { postFilter: { enabled: [{ name: 'DefaultPreemption' }] } }, 'DefaultPreemption DynamicResources'],
  ['without a plugin at all', 'filter', { multiPoint: { disabled: [{ name: 'NodePorts' }, { name: 'InterPodAffinity' }] } }, 'NodeUnschedulable NodeName TaintToleration NodeAffinity NodeResourcesFit VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread DynamicResources NodeDeclaredFeatures'],
  ['enabled anew, in its old place', 'postFilter', { multiPoint: { enabled: [{ name: 'DynamicResources' }] } }, 'DynamicResources DefaultPreemption'],
]
for (const [why, point, plugins, expected] of cases) test(`a profile has ${why}`, () => { assert.equal(at(point, plugins), expected) })

test("a user's plugin is part of every profile, unless the profile disables it", () => {
  assert.match(at('filter', {}, [mine]), /NodeDeclaredFeatures Mine$/)
  assert.doesNotMatch(at('filter', { multiPoint: { disabled: [{ name: 'Mine' }] } }, [mine]), /Mine/)
})
const refused: [plugins: ProfileConfiguration['plugins'], message: string][] = [
  [{ multiPoint: { enabled: [{ name: 'Nobody' }] } }, 'plugin "Nobody" does not exist'],
  [{ filter: { enabled: [{ name: 'ImageLocality' }] } }, 'plugin "ImageLocality" does not extend Filter plugin'],
  [{ filter: { enabled: [{ name: 'NodeName' }, { name: 'NodeName' }] } }, 'plugin "NodeName" already registered as "Filter"'],
  [{ queueSort: { disabled: [{ name: '*' }] } }, 'at least one queue sort plugin is needed for profile with scheduler name "default-scheduler"'],
  [{ bind: { disabled: [{ name: '*' }] } }, 'at least one bind plugin is needed for profile with scheduler name "default-scheduler"'],
]
for (const [plugins, message] of refused) test(`a profile is refused: ${message}`, () => { assert.throws(() => at('filter', plugins), { message }) })
