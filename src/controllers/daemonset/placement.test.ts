import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { needed, type OnNode } from './placement.ts'

const now = Date.UTC(2030, 0, 1, 1)
/** "a" is new and ready; o of the old template, ! not ready, - on its way out, f failed, s succeeded, @5 made in that minute. */
const podOf = (word: string): Pod => {
  const [, name = '', marks = '', minute = '0'] = /^(\w)([o!\-fs]*)(?:@(\d))?$/.exec(word)!
  return {
    metadata: { name, uid: name, creationTimestamp: new Date(Date.UTC(2030, 0, 1, 0, Number(minute))).toISOString(), labels: { 'controller-revision-hash': marks.includes('o') ? 'old' : 'new' }, ...(marks.includes('-') && { deletionTimestamp: 'now' }) },
    spec: { nodeName: 'n' }, status: { phase: marks.includes('f') ? 'Failed' : marks.includes('s') ? 'Succeeded' : 'Running', conditions: [{ type: 'Ready', status: marks.includes('!') ? 'False' : 'True', lastTransitionTime: '2030-01-01T00:00:00Z' }] },
  } as unknown as Pod
}
const onNode = (words: string, run = true, stay = true): OnNode => ({ node: 'n', run, stay, pods: words.split(' ').filter(Boolean).map(podOf) })

const cases: [promise: string, node: OnNode, surge: number, expected: string][] = [
  ['a node without a pod gets one', onNode(''), 0, '+n'],
  ['one that is going away is waited for', onNode('a-'), 0, ''],
  ['a node that is not meant gets none', onNode('', false), 0, ''],
  ['a pod that may not stay goes', onNode('a', false, false), 0, '-a'],
  ['of two pods the younger goes', onNode('a@2 b@1'), 0, '-a'],
  ['what has failed is told apart from what has succeeded', onNode('af bs'), 0, 'failed a, succeeded b'],
  ['an old and a new one may be side by side when the set surges', onNode('ao b!'), 1, ''],
  ['the old goes when the new is available', onNode('ao b'), 1, '-a'],
  ['and when it is not ready itself', onNode('ao! b!'), 1, '-a'],
  ['of several old ones the eldest stays', onNode('ao@1 bo@2'), 1, '-b'],
]
for (const [promise, node, surge, expected] of cases)
  test(`a DaemonSet: ${promise}`, () => {
    const { create, remove, failed, succeeded } = needed([node], surge, 'new', 0, now), names = (pods: readonly Pod[]) => pods.map((p) => p.metadata.name).join(' ')
    assert.equal([create.length && `+${create.join(' ')}`, remove.length && `-${names(remove)}`, failed.length && `failed ${names(failed)}`, succeeded.length && `succeeded ${names(succeeded)}`].filter(Boolean).join(', '), expected)
  })
