// What every Client does, whatever carries it: run against the real API server by each transport's test file.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { configMap, pod, replicaSet, serviceAccount } from '#kinds'
import { is, type ApiError, type Reason, type WatchEvent } from '#machinery'
import type { Client } from './client.ts'

const namespace = 'default'
const named = (name: string, labels: Record<string, string> = {}) => ({ metadata: { name, namespace, labels }, data: { k: 'v' } })

/** `make` gives a client of a fresh server, and how to end both. */
export function clientContract(transport: string, make: () => Promise<{ readonly client: Client; stop(): Promise<void> }>): void {
  let client: Client, stop = async (): Promise<void> => {}
  before(async () => { ({ client, stop } = await make()) })
  after(() => stop())
  const promise = (text: string, run: () => Promise<void>) => test(`${transport}: ${text}`, run)
  const refuses = (call: Promise<unknown>, reason: Reason, message?: RegExp) =>
    assert.rejects(call, (error) => is(error, reason) && (message === undefined || message.test((error as ApiError).message)))

  promise('what is created can be had, and is listed with the list\'s version', async () => {
    const made = await client.create(configMap, named('a'))
    assert.ok(made.metadata.uid && made.metadata.resourceVersion && made.metadata.creationTimestamp)
    assert.deepEqual((await client.get(configMap, { name: 'a', namespace })).data, { k: 'v' })
    const list = await client.list(configMap, { namespace })
    assert.ok(list.items.some((object) => object.metadata.uid === made.metadata.uid))
    assert.ok(Number(list.resourceVersion) >= Number(made.metadata.resourceVersion))
  })
  promise('errors are the server\'s, by reason and message', async () => {
    await refuses(client.get(configMap, { name: 'none', namespace }), 'NotFound', /^configmaps "none" not found$/)
    await client.create(configMap, named('twice'))
    await refuses(client.create(configMap, named('twice')), 'AlreadyExists')
    await refuses(client.create(configMap, named('Not A Name')), 'Invalid', /metadata.name/)
  })
  promise('what is nowhere is not found, also where the answer is no Status', async () => {
    for (const path of ['/apis/none.example/v1', '/openapi/v3/apis/none.example/v1', '/none']) await refuses(client.raw('GET', path), 'NotFound')
  })
  promise('an update of what has changed meanwhile is a conflict', async () => {
    const old = await client.create(configMap, named('changing'))
    await client.update(configMap, { ...old, data: { k: 'w' } })
    await refuses(client.update(configMap, { ...old, data: { k: 'x' } }), 'Conflict')
  })
  promise('a dry run changes nothing', async () => {
    await client.create(configMap, named('dry'), { dryRun: true })
    await refuses(client.get(configMap, { name: 'dry', namespace }), 'NotFound')
  })
  promise('each type of patch does what it says', async () => {
    await client.create(configMap, named('patched', { a: '1' }))
    const target = { name: 'patched', namespace }
    assert.deepEqual((await client.patch(configMap, target, 'json', [{ op: 'add', path: '/data/j', value: '1' }])).data, { k: 'v', j: '1' })
    assert.deepEqual((await client.patch(configMap, target, 'merge', { data: { k: null } })).data, { j: '1' })
    assert.deepEqual((await client.patch(configMap, target, 'strategic', { metadata: { labels: { b: '2' } } })).metadata.labels, { a: '1', b: '2' })
  })
  promise('a status is written apart from its object', async () => {
    const made = await client.create(replicaSet, { metadata: { name: 'rs', namespace }, spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } })
    const after = await client.update(replicaSet, { ...made, spec: { ...made.spec, replicas: 9 }, status: { ...made.status, replicas: 3 } }, { subresource: 'status' })
    assert.deepEqual([after.spec.replicas, after.status.replicas], [0, 3])
  })
  promise('a delete of another object of the same name is refused, of none is not found', async () => {
    const made = await client.create(configMap, named('once'))
    await refuses(client.delete(configMap, made.metadata, { uid: '11111111-1111-4111-8111-111111111111' }), 'Conflict')
    await client.delete(configMap, made.metadata, { uid: made.metadata.uid })
    await refuses(client.delete(configMap, made.metadata), 'NotFound')
  })
  promise('lists are selected by labels and fields, and come in pages', async () => {
    for (const name of ['s1', 's2', 's3']) await client.create(configMap, named(name, { set: 'yes' }))
    const names = async (options: Parameters<Client['list']>[1]) => (await client.list(configMap, options)).items.map((object) => object.metadata.name)
    assert.deepEqual(await names({ namespace, labelSelector: 'set=yes' }), ['s1', 's2', 's3'])
    assert.deepEqual(await names({ labelSelector: { matchExpressions: [{ key: 'set', operator: 'In', values: ['yes', 'no'] }] } }), ['s1', 's2', 's3'])
    assert.deepEqual(await names({ namespace, fieldSelector: 'metadata.name=s2' }), ['s2'])
    const first = await client.list(configMap, { namespace, labelSelector: 'set=yes', limit: 2 })
    assert.equal(first.items.length, 2)
    assert.deepEqual(await names({ namespace, labelSelector: 'set=yes', limit: 2, continue: first.continue! }), ['s3'])
    await client.deleteCollection(configMap, { namespace, labelSelector: 'set=yes' })
    assert.deepEqual(await names({ namespace, labelSelector: 'set=yes' }), [])
  })
  promise('a watch tells every change after its version, in order, until it is stopped', async () => {
    const { resourceVersion } = await client.list(configMap, { namespace })
    const seen: string[] = [], wanted = Promise.withResolvers<void>()
    const stopWatch = client.watch(configMap, { namespace, resourceVersion, labelSelector: 'watched=yes' }, ({ type, object }: WatchEvent) => {
      seen.push(`${type} ${object.metadata.name}`)
      if (seen.length === 3) wanted.resolve()
    }, (error) => wanted.reject(error ?? new Error('the watch ended')))
    const made = await client.create(configMap, named('watched', { watched: 'yes' }))
    await client.patch(configMap, made.metadata, 'merge', { data: { k: 'w' } })
    await client.delete(configMap, made.metadata)
    await wanted.promise
    stopWatch()
    await client.create(configMap, named('unwatched', { watched: 'yes' }))
    assert.deepEqual(seen, ['ADDED watched', 'MODIFIED watched', 'DELETED watched'])
  })
  promise('a watch that cannot begin ends with the reason', async () => {
    const error = await new Promise((resolve) => { client.watch(configMap, { namespace, resourceVersion: 'nonsense' }, () => {}, resolve) })
    assert.ok(error instanceof Error)
  })
  promise('subresources take what is posted to them', async () => {
    await client.create(serviceAccount, { metadata: { name: 'robot', namespace } })
    const answer = await client.post(serviceAccount, { name: 'robot', namespace }, 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['a'] } }) as { status?: { token?: string } }
    assert.equal(answer.status?.token?.split('.').length, 3)
    await refuses(client.post(pod, { name: 'none', namespace }, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'none' }, target: { kind: 'Node', name: 'n' } }), 'NotFound')
  })
  promise('any other path can be asked for', async () => {
    assert.equal((await client.raw('GET', '/version') as { major?: string }).major, '1')
    assert.equal(await client.raw('GET', '/readyz'), 'ok')
  })
}
