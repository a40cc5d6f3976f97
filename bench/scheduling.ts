// How fast pods are bound: 5,000 pods created through the API on 1,000 nodes, controllers and scheduler in one process, memory engine.
import { node as nodeKind, pod as podKind, serviceAccount } from '#kinds'
import { is, silent } from '#machinery'
import { memoryEngine } from '#store'
import { generateKeyPairSync } from 'node:crypto'
import { createControlPlane } from '../src/assembly/control-plane.ts'
import { realClock, secureRandom } from '../src/assembly/real-clock.ts'
import { tokenKeys } from '../src/assembly/token-keys.ts'
import { print } from './index.ts'

export async function runScheduling(nodes = 1_000, pods = 5_000): Promise<void> {
  console.log('\nscheduling')
  const plane = await createControlPlane({
    engine: memoryEngine(), clock: realClock, random: secureRandom(), log: silent, tokenKeys: tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' })), serviceAccountIssuers: ['https://kubernetes.default.svc'],
    serviceClusterIpRange: '10.0.0.0/16', serviceNodePortRange: { from: 30000, to: 32767 }, clusterCidr: '10.244.0.0/12', advertise: { address: '192.0.2.1', port: 6443 }, clientCa: 'none', authorizationMode: ['Node', 'RBAC'],
     compactionIntervalMs: 0, nodeMonitorGracePeriodMs: 3_600_000,
  })
  plane.startComponents()
  const { client } = plane.as({ name: 'admin', groups: ['system:masters'] }, 'bench')
  const capacity = { cpu: '8', memory: '32Gi', pods: '110' }, now = new Date().toISOString().slice(0, 19) + 'Z'
  for (let i = 0; i < nodes; i++)
    await client.create(nodeKind, { metadata: { name: `node-${i}`, labels: { 'kubernetes.io/hostname': `node-${i}` } }, status: { capacity, allocatable: capacity, conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now, reason: 'KubeletReady', message: '' }] } })
  await client.create(serviceAccount, { metadata: { name: 'default', namespace: 'default' } }).catch((error: unknown) => { if (!is(error, 'AlreadyExists')) throw error }) // its controller may have been quicker
  let bound = 0
  const all = Promise.withResolvers<void>()
  const stop = client.watch(podKind, { namespace: 'default', resourceVersion: '0' }, ({ type, object }) => { if (type === 'MODIFIED' && object.spec.nodeName && ++bound === pods) all.resolve() }, () => {})
  await new Promise((resolve) => setTimeout(resolve, 2_000)) // the nodes' taints are gone by then
  const begun = performance.now()
  for (let i = 0; i < pods; i += 100)
    await Promise.all(Array.from({ length: 100 }, (_, n) => client.create(podKind, { metadata: { name: `p${i + n}`, namespace: 'default', labels: { app: 'bench' } }, spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '100m', memory: '64Mi' } } }] } })))
  const created = performance.now()
  await Promise.race([all.promise, new Promise((resolve) => setTimeout(resolve, 60_000))])
  const ended = performance.now()
  print(`create ${pods} pods on ${nodes} nodes, direct`, `${Math.round(pods / (created - begun) * 1000)}/s`)
  print(`all bound after the last create (${bound} bound)`, `${((ended - created) / 1000).toFixed(2)} s`, '<= 2.5 s')
  print('pods bound per second, creates included', `${Math.round(bound / (ended - begun) * 1000)}/s`, '2,000/s')
  stop()
  await plane.stop()
}
