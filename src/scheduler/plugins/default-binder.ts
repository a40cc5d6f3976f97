import { pod as podKind } from '#kinds'
import { definePlugin } from '../framework.ts'
import { failed } from '../status.ts'

/** Binds by telling the API server. */
export const defaultBinder = definePlugin({
  name: 'DefaultBinder',
  make: ({ cluster }) => ({
    name: 'DefaultBinder', events: [],
    async bind({ pod: { pod: { metadata } } }, { name }) {
      try {
        await cluster.client.post(podKind, metadata, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid }, target: { kind: 'Node', name } })
        return undefined
      } catch (error) { return failed(error) }
    },
  }),
})
