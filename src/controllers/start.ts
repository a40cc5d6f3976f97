// Starts every controller, each with its own identity, on caches that they share.
import { run, type Cluster, type Controller } from '#client'
import type { AnyObject, Clock, Log, User } from '#machinery'
import { clusterRoleAggregationController } from './clusterrole-aggregation.ts'
import { deploymentController } from './deployment.ts'
import { endpointSliceController } from './endpointslice.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring.ts'
import { endpointsController } from './endpoints.ts'
import { garbageCollector } from './garbage-collector.ts'
import { namespaceController } from './namespace.ts'
import { nodeIpamController } from './node-ipam.ts'
import { nodeLifecycleController } from './node-lifecycle.ts'
import { podGarbageCollector } from './pod-garbage-collector.ts'
import { replicaSetController } from './replicaset.ts'
import { replicationControllerController } from './replicationcontroller.ts'
import { rootCaPublisher } from './root-ca.ts'
import { serviceAccountController } from './serviceaccount.ts'
import { taintEvictionController } from './taint-eviction.ts'

export interface ControllersOptions {
  /** PEM of the authorities that pods trust the API server by. */
  readonly rootCa: string
  /** Pods' addresses: each node gets a part of it. Empty: nodes get none. */
  readonly clusterCidr: string
  /** A node is not ready when nothing has been heard of it for so long. */
  readonly nodeMonitorGracePeriodMs?: number
  /** So many finished pods are kept. */
  readonly terminatedPodThreshold?: number
}
export interface ControllersStart {
  /** A cluster as this user sees it; `component` names it in events. */
  readonly as: (user: User, component: string) => Cluster
  readonly clock: Clock
  readonly log: Log
  readonly options: ControllersOptions
  /** Which ones by name; default all. */
  readonly only?: readonly string[]
}

/** Something that runs beside the others under a service account of its own. */
export interface Part {
  readonly name: string
  /** The service account in kube-system, when it is not `${name}-controller`. */
  readonly identity?: string
  /** What events call it, when it is not `${name}-controller`. */
  readonly component?: string
  /** Runs until the returned function is called, which resolves when it has ended. */
  start(cluster: Cluster): () => Promise<void>
}
const part = <T extends AnyObject>(controller: Controller<T>, component?: string): Part => ({
  name: controller.name, ...(controller.identity && { identity: controller.identity }), ...(component && { component }), start: (cluster) => run(controller, cluster),
})

/** Every controller the control plane runs. Adding one is a new file and a line here. */
export const parts = (options: ControllersOptions): readonly Part[] => [
  part(namespaceController()),
  part(serviceAccountController),
  part(rootCaPublisher(options.rootCa)),
  part(clusterRoleAggregationController),
  part(replicaSetController),
  part(replicationControllerController, 'replication-controller'),
  part(deploymentController),
  garbageCollector,
  part(podGarbageCollector({ ...(options.terminatedPodThreshold !== undefined && { terminatedPodThreshold: options.terminatedPodThreshold }) })),
  part(nodeLifecycleController({ monitorGracePeriodMs: options.nodeMonitorGracePeriodMs }), 'node-controller'),
  part(taintEvictionController()),
  ...(options.clusterCidr ? [part(nodeIpamController(options.clusterCidr), 'cidrAllocator')] : []),
  part(endpointsController, 'endpoint-controller'),
  part(endpointSliceController, 'endpoint-slice-controller'),
  part(endpointSliceMirroringController, 'endpoint-slice-mirroring-controller'),
]

/** The service account a part acts as. */
export function identityOf({ name, identity = `${name}-controller` }: Pick<Part, 'name' | 'identity'>): User {
  return { name: `system:serviceaccount:kube-system:${identity}`, groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'] }
}

/** Starts them; the returned function stops them all and resolves when the last reconcile has ended. */
export function startControllers({ as, options, only }: ControllersStart): () => Promise<void> {
  const stops = parts(options).filter(({ name }) => only?.includes(name) ?? true)
    .map((one) => one.start(as(identityOf(one), one.component ?? `${one.name}-controller`)))
  return async () => { await Promise.all(stops.map((stop) => stop())) }
}
