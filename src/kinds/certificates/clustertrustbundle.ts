import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { trustBundleName } from './trust-bundle-name.ts'
import { validateTrustBundle, validateTrustBundleChange } from './validate-trust-bundle.ts'

export const clusterTrustBundleSpec = s.object('io.k8s.api.certificates.v1beta1.ClusterTrustBundleSpec', {
  signerName: s.string(),
  trustBundle: s.required(s.string()),
})
export type ClusterTrustBundleSpec = Infer<typeof clusterTrustBundleSpec>

/** KEP-3257: authorities that pods may be given as files. */
export const clusterTrustBundle = defineKind({
  group: 'certificates.k8s.io', version: 'v1beta1', kind: 'ClusterTrustBundle', plural: 'clustertrustbundles',
  scope: 'Cluster',
  definition: 'io.k8s.api.certificates.v1beta1.ClusterTrustBundle',
  deprecated: 'certificates.k8s.io/v1beta1 ClusterTrustBundle is deprecated in v1.36+, unavailable in v1.39+',
  versionRequiredOnUpdate: true, onUpdate: ['meta', 'rules', 'kept', 'change'],
  columns: [cells.name, { name: 'SignerName', value: (o) => o.spec.signerName || '<none>' }],
  selectable: { 'spec.signerName': (o) => o.spec.signerName ?? '' },
  fields: {
    spec: s.required(s.value(clusterTrustBundleSpec)),
  },
  name: trustBundleName,
  validate: validateTrustBundle,
  validateChange: validateTrustBundleChange,
})
export type ClusterTrustBundle = ObjectOf<typeof clusterTrustBundle>
