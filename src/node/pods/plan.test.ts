import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { planPod, type Situation } from './plan.ts'
import type { ObservedContainer, ObservedPod } from './runtime-cache.ts'

/** "web+ init0 side=1": a name, then + running, = exited with that code, * created; "web/1" is attempt 1. */
function observed(text: string, sandboxes = 'ready'): ObservedPod {
  const containers = text.split(' ').filter(Boolean).map((word): ObservedContainer => {
    const [, name, attempt, state, code] = /^([a-z]+)(?:\/(\d+))?([+*=])(\d+)?$/.exec(word)!
    return { id: `${name}-${attempt ?? 0}`, sandboxId: 's0', metadata: { name: name!, attempt: Number(attempt ?? 0) }, state: state === '+' ? 'running' : state === '=' ? 'exited' : 'created',
      exitCode: Number(code ?? 0), createdAt: 1, startedAt: 1, finishedAt: 2 } as ObservedContainer
  })
  const list = sandboxes.split(' ').filter(Boolean).map((state, i) => ({ id: `s${i}`, state, ips: ['10.0.0.1'], createdAt: i, metadata: { name: 'p', namespace: 'd', uid: 'u', attempt: i } }))
  return { uid: 'u', containers, sandboxes: list } as unknown as ObservedPod
}
const podOf = (spec: { containers?: string; init?: string; restartPolicy?: string; ephemeral?: string }): Pod => ({
  metadata: { name: 'p', namespace: 'd', uid: 'u' },
  spec: {
    restartPolicy: spec.restartPolicy ?? 'Always', containers: (spec.containers ?? 'web').split(' ').map((name) => ({ name })),
    initContainers: (spec.init ?? '').split(' ').filter(Boolean).map((word) => ({ name: word.replace('~', ''), ...(word.startsWith('~') && { restartPolicy: 'Always' }) })),
    ephemeralContainers: (spec.ephemeral ?? '').split(' ').filter(Boolean).map((name) => ({ name })),
  },
}) as unknown as Pod
function plan(spec: Parameters<typeof podOf>[0], there: ObservedPod, more: Partial<Situation> = {}): string {
  const { actions, finished, lookAgainAt } = planPod({ pod: podOf(spec), observed: there, now: 100, setUp: true, hasImage: () => true, restartAt: () => 0, unhealthy: new Map(), started: () => true, ...more })
  const words = actions.map((a) => (a.type === 'createSandbox' ? `sandbox ${a.attempt}` : a.type === 'stopSandbox' ? `stop ${a.id}` : a.type === 'start' ? `start ${a.container.name}/${a.attempt}` : `kill ${a.id}`))
  return [...words, ...(finished ? ['finished'] : []), ...(lookAgainAt !== undefined ? [`look at ${lookAgainAt}`] : [])].join(', ')
}

const cases: [why: string, actual: () => string, expected: string][] = [
  ['a new pod gets a sandbox', () => plan({}, observed('', '')), 'sandbox 0'],
  ['then its containers', () => plan({ containers: 'web log' }, observed('')), 'start web/0, start log/0'],
  ['which wait for volumes', () => plan({}, observed(''), { setUp: false }), ''],
  ['and for their images', () => plan({ containers: 'web log' }, observed(''), { hasImage: (c) => c.name === 'log' }), 'start log/0'],
  ['what runs is left alone', () => plan({}, observed('web+')), ''],
  ['what is being started is left alone', () => plan({}, observed('web*')), ''],
  ['what ended runs again', () => plan({}, observed('web=1')), 'start web/1'],
  ['also after success, when it shall always run', () => plan({}, observed('web=0')), 'start web/1'],
  ['after the pause that it has earned', () => plan({}, observed('web/1=1'), { restartAt: () => 500 }), 'look at 500'],
  ['after failure only', () => plan({ restartPolicy: 'OnFailure', containers: 'a b' }, observed('a=0 b=1')), 'start b/1'],
  ['never', () => plan({ restartPolicy: 'Never', containers: 'a b' }, observed('a=1 b+')), ''],
  ['when all have ended the sandbox goes', () => plan({ restartPolicy: 'Never' }, observed('web=0')), 'stop s0, finished'],
  ['and nothing is left to do', () => plan({ restartPolicy: 'Never' }, observed('web=0', 'notReady')), 'finished'],
  ['an unhealthy container is killed', () => plan({}, observed('web+'), { unhealthy: new Map([['web-0', 'liveness']]) }), 'kill web-0'],
  ['init containers run one after the other', () => plan({ init: 'one two' }, observed('')), 'start one/0'],
  ['the second when the first has succeeded', () => plan({ init: 'one two' }, observed('one=0')), 'start two/0'],
  ['a failed one again', () => plan({ init: 'one two' }, observed('one=1')), 'start one/1'],
  ['but not in a pod that never restarts', () => plan({ init: 'one', restartPolicy: 'Never' }, observed('one=1')), 'stop s0, finished'],
  ['then the others', () => plan({ init: 'one' }, observed('one=0')), 'start web/0'],
  ['init containers whose traces are gone do not run again', () => plan({ init: 'one' }, observed('web+')), ''],
  ['a sidecar starts and the pod goes on when it has started', () => plan({ init: '~side one' }, observed('')), 'start side/0'],
  ['not before', () => plan({ init: '~side one' }, observed('side+'), { started: () => false }), ''],
  ['then the next', () => plan({ init: '~side one' }, observed('side+')), 'start one/0'],
  ['a sidecar that ended runs again beside the others', () => plan({ init: '~side' }, observed('web+ side=0')), 'start side/1'],
  ['sidecars end with the pod', () => plan({ init: '~side', restartPolicy: 'Never' }, observed('web=0 side+')), 'kill side-0, finished'],
  ['a lost sandbox is made again', () => plan({}, observed('web=137', 'notReady')), 'sandbox 1'],
  ['an older sandbox that still runs is stopped', () => plan({}, observed('', 'ready ready')), 'stop s0, start web/0'],
  ['an ephemeral container is started once', () => plan({ ephemeral: 'debug' }, observed('web+')), 'start debug/0'],
  ['and never again', () => plan({ ephemeral: 'debug' }, observed('web+ debug=0')), ''],
]
test('the images that are waited for are those of containers that are due', () => {
  const imageless = (spec: Parameters<typeof podOf>[0], there: string, more: Partial<Situation> = {}) =>
    planPod({ pod: podOf(spec), observed: observed(there), now: 100, setUp: false, hasImage: () => false, restartAt: () => 0, unhealthy: new Map(), started: () => true, ...more }).imageless
  assert.deepEqual(imageless({ containers: 'web log' }, 'log+'), ['web'])
  assert.deepEqual(imageless({}, 'web=1'), ['web'])
  assert.deepEqual(imageless({}, 'web=1', { restartAt: () => 500 }), [])
  assert.deepEqual(imageless({ init: 'one' }, 'one=0'), ['web'])
  assert.deepEqual(imageless({ restartPolicy: 'Never', containers: 'a b' }, 'a=1 b+'), [])
})

for (const [why, actual, expected] of cases) test(`a pod's plan: ${why}`, () => assert.equal(actual(), expected))
