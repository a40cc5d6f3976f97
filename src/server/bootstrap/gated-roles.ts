// Roles that a cluster has only while feature gates are on.
import type { PolicyRule } from '#kinds'
import type { Features } from '#machinery'

type Rule = PolicyRule
const certificates = 'certificates.k8s.io', scheduling = 'scheduling.k8s.io', read = ['get', 'list', 'watch'], controllers = 'system:controller:'
const rule = (apiGroup: string, resources: string[], verbs: string[], resourceNames?: string[]): Rule => ({ apiGroups: [apiGroup], ...(resourceNames && { resourceNames }), resources, verbs })
const events: Rule = { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] }

/** A role of its own, with whom it is bound to: a service account in kube-system, or a group. */
interface GatedRole { readonly gate: string; readonly name: string; readonly rules: readonly Rule[]; readonly account?: string; readonly group?: string }
const roles: readonly GatedRole[] = [
  { gate: 'ClusterTrustBundle', name: 'system:cluster-trust-bundle-discovery', group: 'system:serviceaccounts', rules: [rule(certificates, ['clustertrustbundles'], read)] },
  { gate: 'ClusterTrustBundle', name: `${controllers}kube-apiserver-serving-clustertrustbundle-publisher`, account: 'kube-apiserver-serving-clustertrustbundle-publisher',
    rules: [rule(certificates, ['signers'], ['attest'], ['kubernetes.io/kube-apiserver-serving']), rule(certificates, ['clustertrustbundles'], ['create', 'delete', 'list', 'update', 'watch']), events] },
  { gate: 'PodCertificateRequest', name: `${controllers}podcertificaterequestcleaner`, account: 'podcertificaterequestcleaner', rules: [rule(certificates, ['podcertificaterequests'], ['delete', 'get', 'list', 'watch'])] },
  { gate: 'GenericWorkload', name: `${controllers}podgroup-protection-controller`, account: 'podgroup-protection-controller', rules: [rule('', ['pods'], read), rule(scheduling, ['podgroups'], ['get', 'list', 'update', 'watch']), events] },
  { gate: 'DRAResourcePoolStatus', name: `${controllers}resourcepoolstatusrequest-controller`, account: 'resourcepoolstatusrequest-controller',
    rules: [rule('resource.k8s.io', ['resourcepoolstatusrequests'], ['delete', ...read]), rule('resource.k8s.io', ['resourcepoolstatusrequests/status'], ['patch', 'update']), rule('resource.k8s.io', ['resourceclaims', 'resourceslices'], read), events] },
  { gate: 'StorageVersionMigrator', name: `${controllers}storage-version-migrator-controller`, account: 'storage-version-migrator-controller',
    rules: [rule('*', ['*'], ['list', 'patch']), rule('storagemigration.k8s.io', ['storageversionmigrations'], ['watch']), rule('storagemigration.k8s.io', ['storageversionmigrations/status'], ['update'])] },
]
/** What roles may besides. */
const more: readonly { readonly gate: string; readonly role: string; readonly rules: readonly Rule[] }[] = [
  { gate: 'ClusterTrustBundleProjection', role: 'system:node', rules: [rule(certificates, ['clustertrustbundles'], read)] },
  { gate: 'PodCertificateRequest', role: 'system:node', rules: [rule(certificates, ['podcertificaterequests'], ['create', 'get', 'list', 'watch'])] },
  { gate: 'DRADeviceTaintRules', role: 'system:kube-scheduler', rules: [rule('resource.k8s.io', ['devicetaintrules'], read)] },
  { gate: 'DRADeviceTaintRules', role: `${controllers}device-taint-eviction-controller`, rules: [rule('resource.k8s.io', ['devicetaintrules'], read), rule('resource.k8s.io', ['devicetaintrules/status'], ['patch', 'update'])] },
  { gate: 'GenericWorkload', role: 'system:kube-scheduler', rules: [rule(scheduling, ['podgroups', 'workloads'], read), rule(scheduling, ['podgroups/status'], ['patch', 'update'])] },
]

/** What these gates add to a role of every cluster. */
export const gatedRules = (role: string, features: Features): readonly Rule[] => more.filter((one) => features.has(one.gate) && one.role === role).flatMap((one) => one.rules)

const labelled = (name: string) => ({ annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }, labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' }, name })
export interface BootstrapObject { readonly kind: string; readonly metadata: { readonly name: string }; readonly rules?: readonly object[] }
/** The objects of every cluster, with what these gates add to them and beside them. */
export function withGatedRoles(objects: readonly BootstrapObject[], features: Features): readonly object[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1', added = roles.filter(({ gate }) => features.has(gate))
  return [
    ...objects.map((object) => {
      const rules = object.kind === 'ClusterRole' ? gatedRules(object.metadata.name, features) : []
      return rules.length > 0 ? { ...object, rules: [...object.rules ?? [], ...rules] } : object
    }),
    ...added.flatMap(({ name, rules, account, group }) => [
      { apiVersion, kind: 'ClusterRole', metadata: labelled(name), rules },
      { apiVersion, kind: 'ClusterRoleBinding', metadata: labelled(name), roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [account ? { kind: 'ServiceAccount', name: account, namespace: 'kube-system' } : { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }] },
    ]),
  ]
}
