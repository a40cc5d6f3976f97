import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pod, type PodStatus } from '#kinds'
import { applyStrategicPatch } from '#machinery'
import { patchTo } from './status-writer.ts'

type Json = Parameters<typeof applyStrategicPatch>[1]
/** The status after the patch, as the server makes it. */
const after = (held: PodStatus, wanted: PodStatus) => (applyStrategicPatch(pod.schema, { status: held } as unknown as Json, { status: patchTo(held, wanted) } as unknown as Json) as { status: PodStatus }).status

test('a pod that comes up with another address has that one alone', () => {
  const held: PodStatus = { phase: 'Running', podIP: '10.0.0.2', podIPs: [{ ip: '10.0.0.2' }], hostIP: '10.1.0.1', hostIPs: [{ ip: '10.1.0.1' }] }
  const wanted: PodStatus = { phase: 'Running', podIP: '10.0.0.3', podIPs: [{ ip: '10.0.0.3' }], hostIP: '10.1.0.9', hostIPs: [{ ip: '10.1.0.9' }] }
  const { conditions: _, ...rest } = after(held, wanted)
  assert.deepEqual(rest, wanted)
})

test('addresses that are gone are taken away, conditions of others stay, and a condition loses the reason it had', () => {
  const held: PodStatus = { phase: 'Running', podIP: '10.0.0.2', podIPs: [{ ip: '10.0.0.2' }], conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }, { type: 'example.com/own', status: 'True' }] }
  const { podIP, podIPs, conditions } = after(held, { phase: 'Succeeded', conditions: [{ type: 'Ready', status: 'True' }] })
  assert.deepEqual([podIP, podIPs], [undefined, undefined])
  assert.deepEqual(conditions?.map(({ type, status, reason }) => [type, status, reason]), [['Ready', 'True', undefined], ['example.com/own', 'True', undefined]])
})
