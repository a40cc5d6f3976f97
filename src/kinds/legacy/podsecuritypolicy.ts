// PodSecurityPolicy: gone with v1.25 and its admission plugin with it. Its objects are kept and shown; nothing enforces them.
import { defineKind, s, type Fields, type ServedVersion } from '#machinery'
import { seLinuxOptions } from '../core/pod/security.ts'
import * as cells from '../cells.ts'
import { former } from './former.ts'

const names = 'io.k8s.api.policy.v1beta1'
const words = () => s.list(s.string())
const range = (bound: Fields[string]): Fields => ({ max: s.required(bound), min: s.required(bound) })
const idRange = s.object(`${names}.IDRange`, range(s.int64()))
const ids = (name: string, required: boolean) => s.object(`${names}.${name}`, { ranges: s.list(idRange), rule: required ? s.required(s.string()) : s.string() })

const spec = s.object(`${names}.PodSecurityPolicySpec`, {
  allowPrivilegeEscalation: s.bool({ keepEmpty: true }),
  allowedCSIDrivers: s.list(s.object(`${names}.AllowedCSIDriver`, { name: s.required(s.string()) })),
  allowedCapabilities: words(),
  allowedFlexVolumes: s.list(s.object(`${names}.AllowedFlexVolume`, { driver: s.required(s.string()) })),
  allowedHostPaths: s.list(s.object(`${names}.AllowedHostPath`, { pathPrefix: s.string(), readOnly: s.bool() })),
  allowedProcMountTypes: words(),
  allowedUnsafeSysctls: words(),
  defaultAddCapabilities: words(),
  defaultAllowPrivilegeEscalation: s.bool({ keepEmpty: true }),
  forbiddenSysctls: words(),
  fsGroup: s.required(s.value(ids('FSGroupStrategyOptions', false))),
  hostIPC: s.bool(), hostNetwork: s.bool(), hostPID: s.bool(),
  hostPorts: s.list(s.object(`${names}.HostPortRange`, range(s.int()))),
  privileged: s.bool(),
  readOnlyRootFilesystem: s.bool(),
  requiredDropCapabilities: words(),
  runAsGroup: ids('RunAsGroupStrategyOptions', true),
  runAsUser: s.required(s.value(ids('RunAsUserStrategyOptions', true))),
  runtimeClass: s.object(`${names}.RuntimeClassStrategyOptions`, { allowedRuntimeClassNames: s.list(s.string(), { always: true }), defaultRuntimeClassName: s.string({ keepEmpty: true }) }),
  seLinux: s.required(s.value(s.object(`${names}.SELinuxStrategyOptions`, { rule: s.required(s.string()), seLinuxOptions }))),
  supplementalGroups: s.required(s.value(ids('SupplementalGroupsStrategyOptions', false))),
  volumes: words(),
})

const gone = 'PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+'
export const podSecurityPolicy = defineKind({
  group: 'policy', version: 'v1beta1', kind: 'PodSecurityPolicy', plural: 'podsecuritypolicies', shortNames: ['psp'], scope: 'Cluster', definition: `${names}.PodSecurityPolicy`,
  storagePrefix: '/registry/podsecuritypolicy/', returnsDeleted: true, deprecated: `policy/v1beta1 ${gone}`,
  fields: { spec: s.value(spec) },
  columns: [
    cells.name, { name: 'Priv', value: (o) => String(o.spec.privileged ?? false) }, { name: 'Caps', value: (o) => (o.spec.allowedCapabilities ?? []).join(',') },
    { name: 'Selinux', value: (o) => o.spec.seLinux.rule }, { name: 'RunAsUser', value: (o) => o.spec.runAsUser.rule }, { name: 'FsGroup', value: (o) => o.spec.fsGroup.rule ?? '' },
    { name: 'Supgroup', value: (o) => o.spec.supplementalGroups.rule ?? '' }, { name: 'ReadOnlyRootFs', value: (o) => String(o.spec.readOnlyRootFilesystem ?? false) },
    { name: 'Volumes', value: (o) => (o.spec.volumes ?? []).join(',') },
  ],
  defaults: ({ spec: policy }) => { policy.allowPrivilegeEscalation ??= true },
})

export const formerPodSecurityPolicies: readonly ServedVersion<any>[] = [ // allowed: a version without a type of its own
  { ...former(podSecurityPolicy, { group: 'extensions', version: 'v1beta1', names: 'io.k8s.api.extensions.v1beta1', deprecated: [10, 16] }), deprecated: `extensions/v1beta1 ${gone.replace('v1.21+, unavailable in v1.25+', 'v1.10+, unavailable in v1.16+')}` },
]
