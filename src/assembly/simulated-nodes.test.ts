// Nodes without machines, on a cluster whose clock is turned by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { event, pod } from '#kinds'
import { silent } from '#machinery'
import { TestCluster } from '#testing'
import { startSimulatedNodes } from './simulated-nodes.ts'

/** What was told of a pod's images and starts, in all: "Pulling c 2". */
async function told(annotations: Record<string, string>, waitFor: string, spec: object): Promise<string[]> {
  const cluster = await TestCluster.start()
  const nodes = startSimulatedNodes(cluster.plane, 1, silent)
  try {
    await cluster.client.create(pod, { metadata: { name: 'p', namespace: 'default', annotations }, spec: { containers: [{ name: 'c', image: 'x', imagePullPolicy: 'Always' }], ...spec } })
    await cluster.clock.advance(waitFor)
    const counts = new Map<string, number>()
    for (const { reason, involvedObject: { fieldPath = '' }, count = 0 } of (await cluster.client.list(event, { namespace: 'default' })).items) {
      const what = `${reason} ${/\{(.*)\}/.exec(fieldPath)?.[1]}`
      if (fieldPath) counts.set(what, (counts.get(what) ?? 0) + count)
    }
    return [...counts].map(([what, count]) => `${what} ${count}`).filter((line) => /^(Pull|Start)/.test(line)).sort()
  } finally {
    await nodes.stop()
    await cluster.stop()
  }
}

test('an image that is always pulled is pulled for each start, and for nothing else', async () => {
  const init = { restartPolicy: 'Never', initContainers: [{ name: 'i', image: 'y', imagePullPolicy: 'Always' }] }
  assert.deepEqual(await told({}, '20s', init), ['Pulled c 1', 'Pulled i 1', 'Pulling c 1', 'Pulling i 1', 'Started c 1', 'Started i 1'])
  const crashing = { 'proa.dev/run-for': '100ms', 'proa.dev/exit-code': '1' }
  assert.deepEqual(await told(crashing, '5s', {}), ['Pulled c 2', 'Pulling c 2', 'Started c 2'], 'while it waits to be started again')
  assert.deepEqual(await told(crashing, '15s', {}), ['Pulled c 3', 'Pulling c 3', 'Started c 3'], 'once it is due')
})
