import { definePlugin } from '../framework.ts'
import { unresolvable } from '../status.ts'

const refused = unresolvable("node(s) didn't match the requested node name")

/** A pod that names its node goes nowhere else. */
export const nodeNamePlugin = definePlugin({
  name: 'NodeName',
  make: () => ({
    name: 'NodeName', local: true,
    events: [{ on: 'Node', actions: ['Add'], helps: ({ pod }, _, now) => pod.spec.nodeName === now?.metadata.name }],
    filter: ({ pod: { pod: { spec: { nodeName } } } }) => (nodeName ? ({ name }) => (name === nodeName ? undefined : refused) : undefined),
  }),
})
