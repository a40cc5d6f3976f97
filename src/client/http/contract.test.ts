import { serve, TestCluster } from '#testing'
import { clientContract } from '../client.contract.ts'

clientContract('http', async () => {
  const cluster = await TestCluster.start({ scheduler: false, controllers: ['serviceaccount'] }), server = await serve(cluster)
  return { client: server.client, async stop() { await server.stop(); await cluster.stop() } }
})
