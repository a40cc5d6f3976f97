import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseControllers } from './choose-controllers.ts'

test('what kubeadm asks for: all, and the two that sign and clean bootstrap tokens, by their names of old', () => {
  const chosen = chooseControllers(['*', 'bootstrapsigner', 'tokencleaner'])
  assert.deepEqual(['bootstrap-signer', 'token-cleaner', 'deployment', 'node-lifecycle'].filter((name) => !chosen.has(name)), [])
  assert.equal(chooseControllers(['*']).has('bootstrap-signer'), false)
})

const cases: [rule: string, words: string[], there: string[], absent: string[]][] = [
  ['names of old are the same controllers', ['podgc', 'attachdetach', 'csrsigning', 'endpoint', 'resource-claim-controller'], ['pod-garbage-collector', 'persistentvolume-attach-detach', 'certificatesigningrequest-signing', 'endpoints', 'resourceclaim'], ['job']],
  ['one that is named is left out', ['*', '-nodelifecycle', '-job-controller'], ['cronjob'], ['node-lifecycle', 'job']],
  ['what is said first holds', ['-job-controller', '*', 'job-controller', 'cronjob-controller', '-cronjob-controller'], ['cronjob'], ['job']],
  ['those that are off unless asked for stay off', ['*'], ['job'], ['bootstrap-signer', 'token-cleaner']],
  ['those that the reference has and we need not are known', ['*', '-horizontal-pod-autoscaler-controller', '-service', '-route', '-cloud-node-lifecycle-controller', 'selinux-warning-controller', '-storage-version-gc', '-storage-version-migrator-controller'], ['job'], ['service-lb']],
]
for (const [rule, words, there, absent] of cases) test(`choosing controllers: ${rule}`, () => {
  const chosen = chooseControllers(words)
  assert.deepEqual([there.filter((name) => !chosen.has(name)), absent.filter((name) => chosen.has(name))], [[], []])
})

test('a name that nobody knows is told', () => {
  assert.throws(() => chooseControllers(['*', '-nothing']), /--controllers: "nothing" is not in the list of known controllers/)
})
