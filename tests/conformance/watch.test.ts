// Watches: what they tell, from where, and that all are told the same.
import assert from 'node:assert/strict'
import { conformance, type Stage } from './stage.ts'

const maps = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`
const map = (name: string, label: string) => ({ metadata: { name, labels: { 'watch-this-configmap': label } } })
const labelled = (...labels: string[]) => `labelSelector=${encodeURIComponent(`watch-this-configmap in (${labels.join(',')})`)}`
const mutate = (stage: Stage, path: string, mutation: number) => stage.merge(path, { data: { mutation: String(mutation) } })

conformance('[sig-api-machinery] Watchers', { controllers: [] }, (behaviour) => {
  behaviour('should observe add, update, and delete watch notifications on configmaps', async (stage, namespace) => {
    const a = await stage.watch(`${maps(namespace)}?${labelled('A')}`), b = await stage.watch(`${maps(namespace)}?${labelled('B')}`), both = await stage.watch(`${maps(namespace)}?${labelled('A', 'B')}`)
    await stage.make(maps(namespace), map('a', 'A'))
    await mutate(stage, `${maps(namespace)}/a`, 1)
    await mutate(stage, `${maps(namespace)}/a`, 2)
    await stage.remove(`${maps(namespace)}/a`)
    await stage.make(maps(namespace), map('b', 'B'))
    await stage.remove(`${maps(namespace)}/b`)
    const ofA = ['ADDED a', 'MODIFIED a', 'MODIFIED a', 'DELETED a'], ofB = ['ADDED b', 'DELETED b']
    assert.deepEqual(await both.see(6), [...ofA, ...ofB])
    assert.deepEqual([a.seen(), b.seen()], [ofA, ofB])
    for (const watch of [a, b, both]) watch.stop()
  })

  behaviour('should be able to start watching from a specific resource version', async (stage, namespace) => {
    await stage.make(maps(namespace), map('a', 'from'))
    const first = await mutate(stage, `${maps(namespace)}/a`, 1)
    await mutate(stage, `${maps(namespace)}/a`, 2)
    await stage.remove(`${maps(namespace)}/a`)
    const watch = await stage.watch(`${maps(namespace)}?${labelled('from')}&resourceVersion=${first['metadata'].resourceVersion}`)
    assert.deepEqual(await watch.see(2), ['MODIFIED a', 'DELETED a'])
    assert.deepEqual(watch.events.map((e) => e.object['data'].mutation), ['2', '2'])
    watch.stop()
  })

  behaviour('should be able to restart watching from the last resource version observed by the previous watch', async (stage, namespace) => {
    const watch = await stage.watch(`${maps(namespace)}?${labelled('closed')}`)
    await stage.make(maps(namespace), map('a', 'closed'))
    await mutate(stage, `${maps(namespace)}/a`, 1)
    await watch.see(2)
    const last = watch.events[1]!.object['metadata'].resourceVersion
    watch.stop()
    await mutate(stage, `${maps(namespace)}/a`, 2)
    const again = await stage.watch(`${maps(namespace)}?${labelled('closed')}&resourceVersion=${last}`)
    await stage.remove(`${maps(namespace)}/a`)
    assert.deepEqual(await again.see(2), ['MODIFIED a', 'DELETED a'])
    assert.equal(again.events[0]!.object['data'].mutation, '2')
    again.stop()
  })

  behaviour("should observe an object deletion if it stops meeting the requirements of the selector", async (stage, namespace) => {
    const watch = await stage.watch(`${maps(namespace)}?${labelled('here')}`), one = `${maps(namespace)}/a`
    const label = (value: string) => stage.merge(one, { metadata: { labels: { 'watch-this-configmap': value } } })
    await stage.make(maps(namespace), map('a', 'here'))
    await mutate(stage, one, 1)
    await label('elsewhere')
    await mutate(stage, one, 2)
    await label('here')
    await mutate(stage, one, 3)
    await stage.remove(one)
    assert.deepEqual(await watch.see(6), ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a', 'MODIFIED a', 'DELETED a'])
    assert.deepEqual(watch.events.map((e) => e.object['data']?.mutation), [undefined, '1', '1', '2', '3', '3'])
    watch.stop()
  })

  behaviour('should receive events on concurrent watches in same order', async (stage, namespace) => {
    const first = await stage.watch(maps(namespace)), others: Awaited<ReturnType<Stage['watch']>>[] = []
    const start = (await stage.get(maps(namespace)))['metadata'].resourceVersion
    for (let i = 0; i < 20; i++) {
      const name = `m-${i % 5}`
      await (i < 5 ? stage.make(maps(namespace), map(name, 'x')) : i % 3 === 0 && i < 15 ? mutate(stage, `${maps(namespace)}/${name}`, i) : stage.ask(`PUT ${maps(namespace)}/${name}`, { ...map(name, 'x'), data: { i: String(i) } }))
      others.push(await stage.watch(`${maps(namespace)}?resourceVersion=${first.events.at(-1)?.object['metadata'].resourceVersion ?? start}`))
    }
    await stage.remove(`${maps(namespace)}/m-0`)
    const versions = (watch: typeof first) => watch.events.map((e) => Number(e.object['metadata'].resourceVersion))
    await first.see(21)
    const all = versions(first)
    assert.deepEqual(all, all.toSorted((x, y) => x - y))
    for (const other of others) {
      await other.see(1)
      assert.deepEqual(versions(other), all.slice(all.length - other.events.length))
    }
    for (const watch of [first, ...others]) watch.stop()
  })
})
