// `proa why`: the explanation of one object of whatever cluster a kubeconfig names.
import type { ClusterProgram } from '#cli'
import { httpClient } from '#client/http'
import { explain } from '#explain'
import { accessFrom } from './access.ts'
import { realClock as clock, secureRandom } from './real-clock.ts'

export const why: ClusterProgram['why'] = async ({ kubeconfig, ...question }, { log }) => {
  const client = httpClient({ ...accessFrom(kubeconfig), clock, random: secureRandom(), log, userAgent: 'proa-why' })
  try { return await explain(client, question) } finally { client.close() }
}
