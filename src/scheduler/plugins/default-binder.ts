import { pod as podKind, type Pod } from '#kinds'
import type { Cluster } from '#client'
import { ApiError, pause } from '#machinery'
import { definePlugin } from '../framework.ts'
import { failed } from '../status.ts'

const mostLooks = 8, firstLookMs = 50

/** Binds by telling the API server. */
export const defaultBinder = definePlugin({
  name: 'DefaultBinder',
  make: ({ cluster }) => ({
    name: 'DefaultBinder', events: [],
    async bind({ pod: { pod } }, { name }) {
      const { metadata } = pod
      try {
        await cluster.client.post(podKind, metadata, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid }, target: { kind: 'Node', name } })
        return undefined
      } catch (error) { return isRefusal(error) || !(await boundAfterAll(cluster, pod, name)) ? failed(error) : undefined }
    },
  }),
})

/** Only a refusal says that nothing was done. */
const isRefusal = (error: unknown): boolean => error instanceof ApiError && error.status.code < 500
/** The answer was lost: who gave the node's room to another pod now could give it twice. So the server is asked. */
async function boundAfterAll(cluster: Cluster, { metadata }: Pod, node: string): Promise<boolean> {
  for (let looks = 0; looks < mostLooks; looks++) {
    try {
      const now = await cluster.client.get(podKind, metadata)
      return now.metadata.uid === metadata.uid && now.spec.nodeName === node
    } catch (error) { if (isRefusal(error)) return false }
    await pause(cluster.clock, firstLookMs * 2 ** looks)
  }
  return false
}
