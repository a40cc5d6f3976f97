import assert from 'node:assert/strict'
import { test } from 'node:test'
import { service } from '#kinds'
import { TestCluster } from '#testing'
import { ensureDnsService } from './dns-service.ts'

test('a cluster\'s DNS has a service at its address, made once and then left alone', async () => {
  const cluster = await TestCluster.start({ controllers: [], scheduler: false })
  try {
    await ensureDnsService(cluster.client, '10.96.0.10')
    const made = await cluster.client.get(service, { name: 'kube-dns', namespace: 'kube-system' })
    assert.deepEqual([made.spec.clusterIP, made.spec.ports?.map(({ port, protocol }) => `${port}/${protocol}`)], ['10.96.0.10', ['53/UDP', '53/TCP']])
    await ensureDnsService(cluster.client, '10.96.0.10')
    assert.equal((await cluster.client.get(service, { name: 'kube-dns', namespace: 'kube-system' })).metadata.resourceVersion, made.metadata.resourceVersion)
  } finally {
    await cluster.stop()
  }
})
