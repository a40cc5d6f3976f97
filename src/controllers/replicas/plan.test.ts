import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { plan } from './plan.ts'

const start = Date.UTC(2030, 0, 1)
const now = start + 3_600_000
/** Each pod is a word: name@node, then ! if not ready, p if Pending, u if Unknown, $cost, r restarts, s restarts of a sidecar, and +minutes since the start at which it became ready. */
function podOf(word: string, i: number): Pod {
  const [, name = '', node, marks = ''] = /^(\w+?)(?:@(\w))?([!pu$rs+\-\d]*)$/.exec(word) ?? []
  const number = (mark: RegExp) => Number(mark.exec(marks)?.[1] ?? 0)
  const at = new Date(start + number(/\+(\d+)/) * 60_000).toISOString()
  const cost = /\$(-?\d+)/.exec(marks)?.[1]
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name, uid: `uid-${i}`, resourceVersion: '1', creationTimestamp: at, ...(cost && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }) },
    spec: { ...(node && { nodeName: node }), containers: [], initContainers: [{ name: 'side', restartPolicy: 'Always' }, { name: 'init' }] },
    status: { phase: marks.includes('p') ? 'Pending' : marks.includes('u') ? 'Unknown' : 'Running',
      conditions: [{ type: 'Ready', status: /[!pu]/.test(marks) ? 'False' : 'True', lastTransitionTime: at }],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: number(/r(\d+)/) }], initContainerStatuses: [{ name: 'side', restartCount: number(/s(\d+)/) }, { name: 'init', restartCount: 100 - number(/s(\d+)/) }] },
  } as unknown as Pod
}

const cases: [promise: string, replicas: number, pods: string, expected: string][] = [
  ['creates what is missing', 3, 'a@n', 'create 2'],
  ['is content when there are as many as wanted', 2, 'a@n b@n', ''],
  ['creates at most 500 at once', 1000, 'a@n', 'create 500'],
  ['removes everything at zero', 0, 'a@n b', 'remove a b'],
  ['removes pods without a node first', 2, 'a@n b c@n', 'remove b'],
  ['removes pending before unknown before running', 1, 'a@n! b@nu c@np', 'remove c b'],
  ['removes pods that are not ready before ready ones', 2, 'a@n b@n! c@n', 'remove b'],
  ['removes the cheapest first, whatever their age', 2, 'a@n$5 b@n$-5 c@n+50', 'remove b'],
  ['removes from crowded nodes first', 2, 'a@x+59 b@y c@y+59', 'remove c'],
  ['removes those that became ready last', 2, 'a@x+1 b@y+59 c@z+2', 'remove b'],
  ['removes those that restarted more often', 2, 'a@x b@y c@zr3', 'remove c'],
  ['removes those whose sidecars restarted more often', 2, 'a@xs9 b@ys10 c@zs9', 'remove b'],
  ['takes a cost that is no number of 32 bits for none', 2, 'a@n$-99999999999 b@n$-1 c@n', 'remove b'],
  ['treats ages of one order of magnitude as equal and goes by uid', 2, 'a@x+2 b@y+1 c@z', 'remove a'],
]
for (const [promise, replicas, words, expected] of cases)
  test(`a ReplicaSet ${promise}`, () => {
    const pods = words.split(' ').map(podOf)
    const { create, remove } = plan(replicas, pods, pods, now)
    const said = [create && `create ${create}`, remove.length && `remove ${remove.map((p) => p.metadata.name).join(' ')}`].filter(Boolean).join('; ')
    assert.equal(said, expected)
  })
