import { TestCluster } from '#testing'
import { clientContract } from './client.contract.ts'

clientContract('direct', async () => {
  const cluster = await TestCluster.start({ scheduler: false, controllers: ['serviceaccount'] })
  return { client: cluster.client, stop: () => cluster.stop() }
})
