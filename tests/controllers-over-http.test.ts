// The controllers are clients like any other: here they work over HTTP/2 and TLS, against a server that knows nothing of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, EventRecorder, Informers, type Client, type Cluster } from '#client'
import { startControllers } from '#controllers'
import { deployment, pod } from '#kinds'
import { silent, type AnyObject, type Kind, type WatchEvent } from '#machinery'
import { machineClock, serve, TestCluster } from '#testing'

const deadlineMs = 20_000

/** Resolves when the objects of a kind are as wanted; watches, and never asks again and again. */
function until<T extends AnyObject>(client: Client, kind: Kind<T>, holds: (objects: ReadonlyMap<string, T>) => boolean): Promise<ReadonlyMap<string, T>> {
  return new Promise((resolve, reject) => {
    const objects = new Map<string, T>()
    const late = setTimeout(() => { stop(); reject(new Error(`not within ${deadlineMs} ms: ${[...objects.keys()].join(' ')}`)) }, deadlineMs)
    const look = () => {
      if (!holds(objects)) return
      clearTimeout(late)
      stop()
      resolve(objects)
    }
    // A bookmark tells that all there is has been told.
    const stop = client.watch(kind, { sendInitialEvents: true, bookmarks: true, resourceVersionMatch: 'NotOlderThan' }, ({ type, object }: WatchEvent<T>) => {
      if (type === 'DELETED') objects.delete(object.metadata.name)
      else if (type !== 'BOOKMARK') objects.set(object.metadata.name, object)
      look()
    }, (error) => reject(error ?? new Error('the watch ended')))
  })
}

test('controllers make, replace and collect pods over HTTP', async () => {
  await using cluster = await TestCluster.start({ controllers: [], scheduler: false })
  const { client, stop: stopServer } = await serve(cluster)
  const informers = new Informers(client)
  const as = (_: unknown, component: string): Cluster => connect(client, informers, new EventRecorder(client, { component }))
  const stop = startControllers({ as, clock: machineClock, log: silent, options: { rootCa: 'certificate', clusterCidr: '' } })
  try {
    await client.create(deployment, { metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 3, selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'web' }] } } } })
    const [first] = (await until(client, pod, (pods) => pods.size === 3)).values()
    await client.delete(pod, first!.metadata)
    await until(client, pod, (pods) => pods.size === 3 && !pods.has(first!.metadata.name))
    await client.delete(deployment, { name: 'web', namespace: 'default' }, { propagationPolicy: 'Foreground' })
    await until(client, deployment, (left) => left.size === 0)
    assert.deepEqual((await client.list(pod)).items, [])
  } finally {
    informers.stop()
    await stop()
    await stopServer()
  }
})
