import { type AnyObject, type Column } from '#machinery'
import { age, byCodeUnit, name } from '../cells.ts'
import type { NodeSpec, NodeStatus } from './node.ts'

interface NodeLike extends AnyObject { spec: NodeSpec; status: NodeStatus }

function state({ spec, status }: NodeLike): string {
  const ready = status.conditions?.findLast((c) => c.type === 'Ready')
  return `${!ready ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'}${spec.unschedulable ? ',SchedulingDisabled' : ''}`
}

/** Roles are labels: node-role.kubernetes.io/<role>, or kubernetes.io/role=<role>. */
function roles({ metadata: { labels = {} } }: NodeLike): string {
  const prefix = 'node-role.kubernetes.io/'
  const found = Object.entries(labels).map(([key, value]) => (key.startsWith(prefix) ? key.slice(prefix.length) : key === 'kubernetes.io/role' ? value : ''))
  return [...new Set(found.filter(Boolean))].sort(byCodeUnit).join(',') || '<none>'
}
const address = ({ status }: NodeLike, type: string): string => status.addresses?.find((a) => a.type === type)?.address ?? '<none>'

export const nodeColumns: readonly Column<NodeLike>[] = [
  name,
  { name: 'Status', value: state },
  { name: 'Roles', value: roles },
  age,
  { name: 'Version', value: (o) => o.status.nodeInfo.kubeletVersion },
  { name: 'Internal-IP', priority: 1, value: (o) => address(o, 'InternalIP') },
  { name: 'External-IP', priority: 1, value: (o) => address(o, 'ExternalIP') },
  { name: 'OS-Image', priority: 1, value: (o) => o.status.nodeInfo.osImage || '<unknown>' },
  { name: 'Kernel-Version', priority: 1, value: ({ status: { nodeInfo: { kernelVersion, architecture } } }) => (kernelVersion ? kernelVersion + (architecture && ` (${architecture})`) : '<unknown>') },
  { name: 'Container-Runtime', priority: 1, value: (o) => o.status.nodeInfo.containerRuntimeVersion || '<unknown>' },
]
