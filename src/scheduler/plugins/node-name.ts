import { refuseForGood, type Plugin } from '../framework.ts'

/** A pod that names its node goes nowhere else. */
export const nodeNamePlugin: Plugin = {
  name: 'NodeName', wakes: ['node-added'],
  prepare: ({ spec: { nodeName } }) => (nodeName ? { filter: ({ name }) => (name === nodeName ? undefined : refuseForGood("node(s) didn't match the requested node name")) } : undefined),
}
