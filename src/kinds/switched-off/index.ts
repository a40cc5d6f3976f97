// What v1.36 knows and does not serve unless it is asked for. names.ts has the same by name.
import type { Kind, ServedVersion } from '#machinery'
import { storageVersion } from '../apiserverinternal/storageversion.ts'
import { clusterTrustBundle } from '../certificates/clustertrustbundle.ts'
import { podCertificateRequest } from '../certificates/podcertificaterequest.ts'
import { leaseCandidate } from '../coordination/leasecandidate.ts'
import { former } from '../legacy/former.ts'
import { deviceTaintRule } from '../resource/devicetaintrule.ts'
import { resourcePoolStatusRequest } from '../resource/resourcepoolstatusrequest.ts'
import { podGroup } from '../scheduling/podgroup.ts'
import { workload } from '../scheduling/workload.ts'
import { storageVersionMigration } from '../storagemigration/storageversionmigration.ts'
import { overtaken } from './versions.ts'

/** Versions beside the one in which objects are kept. */
const beside: readonly (readonly [Kind, readonly ServedVersion<any>[]])[] = [ // allowed: versions of every shape in one table
  [clusterTrustBundle, [former(clusterTrustBundle, { version: 'v1alpha1', names: 'io.k8s.api.certificates.v1alpha1', deprecated: [34, 37], instead: '' })]],
  [leaseCandidate, [former(leaseCandidate, { version: 'v1alpha2', names: 'io.k8s.api.coordination.v1alpha2', deprecated: [35], instead: '' })]],
  [deviceTaintRule, [former(deviceTaintRule, { version: 'v1beta2', names: 'io.k8s.api.resource.v1beta2' })]],
]

/** Kinds of which nothing is served by default. */
export const furtherKinds: readonly Kind[] = [clusterTrustBundle, podCertificateRequest, leaseCandidate, storageVersion, deviceTaintRule, resourcePoolStatusRequest, podGroup, workload, storageVersionMigration]
/** Further versions of each kind, of theirs too, newest first. */
export const furtherVersions: ReadonlyMap<Kind, readonly ServedVersion<any>[]> = new Map([...overtaken, ...beside]) // allowed: as above
