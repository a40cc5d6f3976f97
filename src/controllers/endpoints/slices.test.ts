import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint, EndpointSlice } from '#kinds'
import { planSlices, type Frame, type Group } from './slices.ts'

const frame: Frame = { addressType: 'IPv4', metadata: { generateName: 'web-', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } } }
const ports = [{ name: '', port: 80, protocol: 'TCP' }]
/** "1-3,7!" is endpoints 10.0.0.1 to .3 and .7, which is not ready. */
const endpointsOf = (text: string): Endpoint[] => text.split(',').filter(Boolean).flatMap((part) => {
  const [, from = '', to = from, mark] = /^(\d+)(?:-(\d+))?(!?)$/.exec(part)!
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => ({ addresses: [`10.0.0.${Number(from) + i}`], conditions: { ready: mark !== '!' } }))
})
const sliceOf = (name: string, text: string, portsOf = ports): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', endpoints: endpointsOf(text), ports: portsOf,
  metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '', labels: { 'kubernetes.io/service-name': 'web' } },
})
const shown = (endpoints: readonly { addresses?: readonly (string | undefined)[] | undefined }[] | undefined) => (endpoints ?? []).map((e) => e.addresses?.[0]?.split('.').at(-1)).join(' ')

const cases: [promise: string, wanted: string, existing: EndpointSlice[], expected: string][] = [
  ['makes a slice for the first endpoints', '1-2', [], 'create 1 2'],
  ['changes nothing when all is as it should be', '1-2', [sliceOf('a', '1-2')], ''],
  ['changes an endpoint where it is', '1!,2', [sliceOf('a', '1-2')], 'update a: 1 2'],
  ['fills the slice there is before it makes another', '1-3', [sliceOf('a', '1-2')], 'update a: 1 2 3'],
  ['makes more slices when one is full', '1-7', [], 'create 1 2 3; create 4 5 6; create 7'],
  ['takes the fullest slice that has room for the rest', '1-4', [sliceOf('a', '1'), sliceOf('b', '2-3')], 'update b: 2 3 4'],
  ['writes slices that change anyway first', '1!,2-4', [sliceOf('a', '1'), sliceOf('b', '2-3')], 'update a: 1 4'],
  ['deletes a slice that has become empty', '1-2', [sliceOf('a', '1-2'), sliceOf('b', '3')], 'remove b'],
  ['turns an empty slice into a new one instead of deleting and creating', '4-6', [sliceOf('a', '1-3')], 'update a: 4 5 6'],
  ['keeps an empty slice that says there is nothing', '', [], 'create '],
  ['turns the last slice into the empty one', '', [sliceOf('a', '1-2')], 'update a: '],
  ['leaves the empty slice alone', '', [sliceOf('a', '', [])], ''],
]
for (const [promise, wanted, existing, expected] of cases)
  test(`a plan for slices ${promise}`, () => {
    const groups: Group[] = wanted ? [{ ports, endpoints: endpointsOf(wanted) }] : []
    const plan = planSlices(frame, groups, existing, 3)
    const said = [...plan.create.map((slice) => `create ${shown(slice.endpoints)}`), ...plan.update.map((slice) => `update ${slice.metadata.name}: ${shown(slice.endpoints)}`), ...plan.remove.map((slice) => `remove ${slice.metadata.name}`)]
    assert.equal(said.join('; '), expected)
  })

test('endpoints with other ports go into slices of their own', () => {
  const plan = planSlices(frame, [{ ports, endpoints: endpointsOf('1') }, { ports: [{ name: '', port: 81, protocol: 'TCP' }], endpoints: endpointsOf('2') }], [sliceOf('a', '1')], 3)
  assert.deepEqual([plan.create.length, plan.update.length, plan.remove.length], [1, 0, 0])
  assert.equal(plan.create[0]?.ports?.[0]?.port, 81)
})
