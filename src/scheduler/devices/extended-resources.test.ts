import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceClass } from '#kinds'
import { podOf } from '../still-cluster.ts'
import { classFor, requestsFor } from './extended-resources.ts'

const classOf = (name: string, extendedResourceName: string | undefined, creationTimestamp = '2030-01-01T00:00:00Z') => ({ metadata: { name, creationTimestamp }, spec: { ...(extendedResourceName && { extendedResourceName }) } }) as unknown as DeviceClass // allowed: what is read of it
const gpu = 'example.com/gpu', classes = [classOf('b', gpu), classOf('a', gpu), classOf('old', gpu, '2029-01-01T00:00:00Z'), classOf('plain', undefined)]
for (const [resource, expected] of [[gpu, 'a'], ['deviceclass.resource.kubernetes.io/plain', 'plain'], ['deviceclass.resource.kubernetes.io/none', undefined], ['example.com/other', undefined], ['cpu', undefined]] as const)
  test(`the class that gives ${resource}`, () => { assert.equal(classFor(resource, classes)?.metadata.name, expected) })

const container = (name: string, n: number, more: object = {}) => ({ name, resources: { requests: { cpu: '1', ...(n > 0 && { [gpu]: String(n) }) } }, ...more })
for (const [what, spec, requests, mappings] of [
  ['one container', { containers: [container('c', 2)] }, ['container-0-request-1=2'], ['c:container-0-request-1']],
  ['two containers', { containers: [container('c', 2), container('none', 0), container('d', 1)] }, ['container-0-request-1=2', 'container-2-request-1=1'], ['c:container-0-request-1', 'd:container-2-request-1']],
  ['an init container that gets by with what comes later', { initContainers: [container('i', 1)], containers: [container('c', 2)] }, ['container-1-request-1=2'], ['c:container-1-request-1', 'i:container-1-request-1']],
  ['one that needs more', { initContainers: [container('i', 3), container('j', 4)], containers: [container('c', 2)] }, ['container-1-request-1=2', 'container-2-request-1=2'],
    ['c:container-2-request-1', 'i:container-2-request-1', 'i:container-1-request-1', 'j:container-2-request-1', 'j:container-1-request-1']],
  ['a sidecar keeps its own', { initContainers: [container('s', 1, { restartPolicy: 'Always' })], containers: [container('c', 1)] }, ['container-0-request-1=1', 'container-1-request-1=1'], ['s:container-0-request-1', 'c:container-1-request-1']],
] as const) test(`requests for extended resources: ${what}`, () => {
  const asked = requestsFor(podOf(spec), [gpu], (name) => classFor(name, classes))
  assert.deepEqual([asked.requests.map(({ name, exactly }) => `${name}=${String(exactly?.count)}`), asked.mappings.map(({ containerName, requestName }) => `${containerName}:${requestName}`)], [requests, mappings])
})
