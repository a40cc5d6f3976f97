import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import type { AnyObject } from '#machinery'
import { nodeOf, podOf, StillCluster, type Placed, type Still } from '../still-cluster.ts'

const zone = (z: string) => ({ labels: { z } }), app = (a: string, spec: object = {}, metadata: object = {}) => podOf(spec, undefined, { labels: { a }, ...metadata })
const term = (a: string, more: object = {}) => ({ topologyKey: 'z', labelSelector: { matchLabels: { a } }, ...more }), required = 'requiredDuringSchedulingIgnoredDuringExecution', preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
const near = (...terms: object[]) => ({ affinity: { podAffinity: { [required]: terms } } }), far = (...terms: object[]) => ({ affinity: { podAntiAffinity: { [required]: terms } } })
const likes = (weight: number, a: string) => ({ affinity: { podAffinity: { [preferred]: [{ weight, podAffinityTerm: term(a) }] } } }), dislikes = (weight: number, a: string) => ({ affinity: { podAntiAffinity: { [preferred]: [{ weight, podAffinityTerm: term(a) }] } } })
const namespaces = [{ kind: 'Namespace', metadata: { name: 'e', labels: { team: 'x' } } }, { kind: 'Namespace', metadata: { name: 'd' } }] as unknown as AnyObject[] // allowed: what matters of them
const notNear = "node(s) didn't match pod affinity rules", tooNear = "node(s) didn't match pod anti-affinity rules", unwanted = "node(s) didn't satisfy existing pods anti-affinity rules"

const cases: [why: string, pod: Pod, nodes: Placed[], expected: object, still?: Still][] = [
  ['where one is, in the whole zone', podOf(near(term('db'))), [nodeOf('a', zone('1'), [app('db')]), nodeOf('b', zone('1')), nodeOf('c', zone('2'))], { c: notNear }],
  ['a pod must match all terms to count', podOf(near(term('db'), term('web'))), [nodeOf('a', zone('1'), [app('db'), app('web')])], { a: notNear }],
  ['nobody is there yet, and it is not one of them', podOf(near(term('db'))), [nodeOf('a', zone('1'))], { a: notNear }],
  ['the first of its kind', app('db', near(term('db'))), [nodeOf('a', zone('1')), nodeOf('b')], { b: notNear }],
  ['pods of other namespaces are others', podOf(near(term('db'))), [nodeOf('a', zone('1'), [app('db', {}, { namespace: 'e' })])], { a: notNear }],
  ['unless they are named', podOf(near(term('db', { namespaces: ['e'] }))), [nodeOf('a', zone('1'), [app('db', {}, { namespace: 'e' })])], {}],
  ['or selected', podOf(near(term('db', { namespaceSelector: { matchLabels: { team: 'x' } } }))), [nodeOf('a', zone('1'), [app('db', {}, { namespace: 'e' })]), nodeOf('b', zone('2'), [app('db')])], { b: notNear }, { objects: namespaces }],
  ['an empty selector means all namespaces', podOf(near(term('db', { namespaceSelector: {} }))), [nodeOf('a', zone('1'), [app('db', {}, { namespace: 'e' })])], {}, { objects: namespaces }],
  ['away from one', podOf(far(term('web'))), [nodeOf('a', zone('1'), [app('web')]), nodeOf('b', zone('1')), nodeOf('c', zone('2'))], { a: tooNear, b: tooNear }],
  ['where one does not want it', app('web'), [nodeOf('a', zone('1'), [app('x', far(term('web')))]), nodeOf('b', zone('1')), nodeOf('c', zone('2'))], { a: unwanted, b: unwanted }],
  ['who does not want others does not matter', app('db'), [nodeOf('a', zone('1'), [app('x', far(term('web')))])], {}],
  ['only of the same value of a key', podOf(far({ topologyKey: 'z', labelSelector: { matchLabels: { a: 'web' } }, matchLabelKeys: ['v'] }), 'p', { labels: { v: '2' } }), [nodeOf('a', zone('1'), [podOf({}, 'o', { labels: { a: 'web', v: '1' } })])], {}],
]
for (const [why, pod, nodes, expected, still] of cases)
  test(`pods and pods: ${why}`, async () => {
    const cluster = new StillCluster(nodes, still), found = await cluster.find(pod), refused = 'byNode' in found ? Object.fromEntries([...found.byNode].map(([node, { reasons }]) => [node.name, reasons.join()])) : undefined
    if (refused) assert.deepEqual(refused, expected)
    else assert.equal(found.node && 'feasible' in found ? found.feasible : 0, nodes.length - Object.keys(expected).length)
  })

const scores: [why: string, pod: Pod, nodes: Placed[], expected: object, args?: object][] = [
  ['near what it likes', podOf(likes(10, 'db')), [nodeOf('a', zone('1'), [app('db'), app('db')]), nodeOf('b', zone('2'), [app('db')]), nodeOf('c', zone('3'))], { a: 100, b: 50, c: 0 }],
  ['away from what it does not', podOf(dislikes(10, 'db')), [nodeOf('a', zone('1'), [app('db')]), nodeOf('b', zone('2'))], { a: 0, b: 100 }],
  ['where it is liked', app('web'), [nodeOf('a', zone('1'), [app('x', likes(5, 'web'))]), nodeOf('b', zone('2'), [app('y', dislikes(5, 'web'))]), nodeOf('c', zone('3'))], { a: 100, b: 0, c: 50 }],
  ['where it is needed', app('web'), [nodeOf('a', zone('1'), [app('x', near(term('web')))]), nodeOf('b', zone('2'))], { a: 100, b: 0 }],
  ['needs may weigh nothing', app('web'), [nodeOf('a', zone('1'), [app('x', near(term('web')))]), nodeOf('b', zone('2'))], {}, { hardPodAffinityWeight: 0 }],
  ['what others like may not matter', app('web'), [nodeOf('a', zone('1'), [app('x', likes(5, 'web'))]), nodeOf('b', zone('2'))], {}, { ignorePreferredTermsOfExistingPods: true }],
]
for (const [why, pod, nodes, expected, args] of scores)
  test(`pods would rather be: ${why}`, () => { assert.deepEqual(new StillCluster(nodes, args ? { profile: { pluginConfig: [{ name: 'InterPodAffinity', args }] } } : {}).scores(pod, 'InterPodAffinity'), expected) })
