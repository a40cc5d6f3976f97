import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint, EndpointSlice, Node } from '#kinds'
import type { SlicePlan } from './slices.ts'
import { isOverloaded, ratiosOf, shareOut } from './zones.ts'

/** "a:4 b:2!" is two nodes, the second not ready. */
const nodes = (text: string) => text.split(' ').filter(Boolean).map((word) => {
  const [, zone, cpu, mark] = /^(\w*):(\w*)(.*)$/.exec(word)!
  return { metadata: { labels: { ...(zone && { 'topology.kubernetes.io/zone': zone }), ...(mark === '*' && { 'node-role.kubernetes.io/control-plane': '' }) } }, status: { ...(cpu && { allocatable: { cpu } }), conditions: [{ type: 'Ready', status: mark === '!' ? 'False' : 'True' }] } } as unknown as Node // allowed: a test says only what matters to it
})
/** "aab!" is four endpoints by zone, the last not ready; "-" has no zone; "a>b" is in a and meant for b. */
const slice = (name: string, text: string) => ({ metadata: { name }, endpoints: [...text.matchAll(/(\w|-)(?:>(\w))?(!?)/g)].map(([, zone, hint, mark], i): Endpoint =>
  ({ addresses: [`10.0.0.${i}`], conditions: { ready: mark !== '!' }, ...(zone !== '-' && { zone: zone! }), ...(hint && { hints: { forZones: [{ name: hint }] } }) })) }) as unknown as EndpointSlice // allowed: as above
const shown = (slices: SlicePlan['update']) => slices.map(({ endpoints }) => (endpoints ?? []).map(({ hints }) => hints?.forZones?.map((one) => one.name).join('+') ?? '-').join('')).join(' ')
const planOf = (update: EndpointSlice[], unchanged: EndpointSlice[] = []): SlicePlan => ({ create: [], update, remove: [], unchanged })

const ratioCases: [rule: string, nodes: string, expected: string][] = [
  ['zones have the part of their processors', 'a:3 a:1 b:4', 'a 0.5 b 0.5'],
  ['nodes that are not ready, and those of the control plane, do not count', 'a:3 b:1 b:8! c:8*', 'a 0.75 b 0.25'],
  ['one node without a zone is too little to know', 'a:3 b:1 :4', 'unknown'],
  ['one node without processors too', 'a:3 b:1 a:', 'unknown'],
  ['one zone is none', 'a:3 a:1', 'unknown'],
]
for (const [rule, given, expected] of ratioCases) test(`zones: ${rule}`, () => {
  assert.equal([...ratiosOf(nodes(given)) ?? [['unknown']]].map((one) => one.join(' ')).join(' '), expected)
})

const cases: [rule: string, nodes: string, update: string, unchanged: string, expected: string, trouble?: string][] = [
  ['each endpoint is for its own zone', 'a:1 b:1', 'aabb', '', 'aabb'],
  ['zones with many give to those with few', 'a:1 b:1', 'aaab', '', 'baab'],
  ['what is not ready is for nobody', 'a:1 b:1', 'aabba!', '', 'aabb-'],
  ['slices that are right stay', 'a:1 b:1', 'ab', 'a>ab>b', 'ab'],
  ['slices that are not are written', 'a:1 b:1', '', 'a>aa>ab>ab>b', 'aabb'],
  ['more zones than endpoints', 'a:1 b:1', 'a', '', '-', 'Insufficient number of endpoints (1 endpoints, 2 zones)'],
  ['shares that cannot be kept', 'a:10 b:1', 'aa', '', '--', 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (2 endpoints, 2 zones)'],
  ['an endpoint without a zone', 'a:1 b:1', 'aab-', '', '----', 'One or more endpoints do not have a zone specified'],
  ['too little known of nodes', 'a:1', 'aa', 'a>a', '-- -', 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'],
]
for (const [rule, world, update, unchanged, expected, trouble] of cases) test(`shared out: ${rule}`, () => {
  const found = shareOut(planOf(update ? [slice('u', update)] : [], unchanged ? [slice('s', unchanged)] : []), ratiosOf(nodes(world)))
  assert.deepEqual([shown(found.plan.update), found.trouble], [expected, trouble])
})

test('a zone that has too few for its part is noticed', () => {
  const ratios = ratiosOf(nodes('a:1 b:1'))
  assert.deepEqual([new Map([['a', 2], ['b', 2]]), new Map([['a', 5], ['b', 1]]), new Map([['a', 4]])].map((spread) => isOverloaded(spread, ratios)), [false, true, true])
  assert.equal(isOverloaded(new Map([['a', 2]]), undefined), true)
})
