// Fields that the reference of this version knows but has switched off: they are dropped before anybody looks at them.
import type { Features } from '#machinery'
import type { Container, EphemeralContainer } from './container.ts'
import { containersOf, type PodSpec } from './spec.ts'
import type { PodStatus } from './status.ts'

/** Signals to stop containers with, trust bundles and certificates in projected volumes, scheduling groups. In place. */
export function dropSwitchedOff(spec: PodSpec | undefined, features?: Features): void {
  if (!spec) return
  if (!features?.has('GenericWorkload')) delete spec.schedulingGroup
  for (const c of containersOf(spec)) dropStopSignal(c)
  for (const { projected } of spec.volumes ?? []) {
    for (const source of projected?.sources ?? []) {
      if (!features?.has('ClusterTrustBundleProjection')) delete source.clusterTrustBundle
      delete source.podCertificate
    }
  }
}
function dropStopSignal(c: Container | EphemeralContainer): void {
  if (c.lifecycle?.stopSignal === undefined) return
  delete c.lifecycle.stopSignal
  if (!c.lifecycle.postStart && !c.lifecycle.preStop) delete c.lifecycle
}

/** The same in what nodes report. */
export function dropSwitchedOffStatus(status: PodStatus): void {
  delete status.nodeAllocatableResourceClaimStatuses
  for (const list of [status.containerStatuses, status.initContainerStatuses, status.ephemeralContainerStatuses]) {
    for (const c of list ?? []) {
      delete c.stopSignal
      for (const mount of c.volumeMounts ?? []) delete mount.volumeStatus
    }
  }
}
