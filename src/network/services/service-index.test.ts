import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice, Service } from '#kinds'
import { ServiceIndex, type Source } from './service-index.ts'

type Seen<T> = Parameters<Source<T & Service>['watch']>[0]
const source = <T>() => {
  const seen = new Set<Seen<T>>()
  return { synced: () => Promise.resolve(), watch: (listener: Seen<T>) => { seen.add(listener); return () => { seen.delete(listener) } }, tell: (type: 'ADDED' | 'DELETED', object: object) => { for (const listener of seen) listener({ type, object: object as never }) }, seen }
}
const metadata = (name: string, labels?: object) => ({ metadata: { name, namespace: 'demo', labels } })

test('slices belong to the service that their label names, also when it changes, and without a service', () => {
  const [services, slices] = [source<Service>(), source<EndpointSlice>()]
  const index = new ServiceIndex(services as unknown as Source<Service>, slices as unknown as Source<EndpointSlice>)
  const changed: string[] = []
  index.onChange((key) => { changed.push(key) })
  const slice = (service?: string) => metadata('x', service === undefined ? undefined : { 'kubernetes.io/service-name': service })
  slices.tell('ADDED', slice('a'))
  services.tell('ADDED', metadata('a'))
  assert.deepEqual([index.get('demo/a').service?.metadata.name, index.get('demo/a').slices.length], ['a', 1])
  slices.tell('ADDED', slice('b'))
  assert.deepEqual([index.get('demo/a').slices.length, index.get('demo/b').slices.length, index.get('demo/b').service], [0, 1, undefined])
  slices.tell('ADDED', slice())
  assert.equal(index.get('demo/b').slices.length, 0)
  services.tell('DELETED', metadata('a'))
  assert.deepEqual([...index.keys()], [])
  assert.deepEqual(changed, ['demo/a', 'demo/a', 'demo/a', 'demo/b', 'demo/b', 'demo/a'])
  index.close()
  assert.equal(services.seen.size + slices.seen.size, 0)
})
