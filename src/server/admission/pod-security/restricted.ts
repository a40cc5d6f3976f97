// The restricted level: what pods do that want little, beyond the baseline.
import { isSeccomp, procMount, seccomp, unlessUserNamespace } from './baseline.ts'
import { badSetters, containersOf, namesWhere, named, plural, quoted, sorted, type AnyContainer, type Check, type Rule } from './check.ts'

/** Linux' means say nothing about Windows. */
const unlessWindows = (rule: Rule): Rule => (metadata, spec) => (spec.os?.name === 'windows' ? undefined : rule(metadata, spec))

const noEscalation: Rule = (_, spec) => {
  const containers = namesWhere(spec, (c) => c.securityContext?.allowPrivilegeEscalation !== false)
  return containers.length === 0 ? undefined : { reason: 'allowPrivilegeEscalation != false', detail: `${named(containers)} must set securityContext.allowPrivilegeEscalation=false` }
}

const dropAll: Rule = (_, spec) => {
  const added = (c: AnyContainer) => (c.securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE')
  const keeping = namesWhere(spec, (c) => !c.securityContext?.capabilities?.drop?.includes('ALL')), adding = namesWhere(spec, (c) => added(c).length > 0)
  const said = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0 ? [`${named(adding)} must not include ${quoted(sorted(containersOf(spec).flatMap(added)))} in securityContext.capabilities.add`] : []),
  ]
  return said.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: said.join('; ') }
}

const allowedVolumes = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret'] as const
const knownVolumes = ['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi', 'glusterfs', 'rbd', 'flexVolume', 'cinder', 'cephfs', 'flocker', 'fc', 'azureFile', 'vsphereVolume', 'quobyte', 'azureDisk', 'photonPersistentDisk',
  'portworxVolume', 'scaleIO', 'storageos'] as const
const volumes: Rule = (_, spec) => {
  const bad = (spec.volumes ?? []).filter((v) => !allowedVolumes.some((type) => v[type] !== undefined))
  const types = sorted(bad.map((v) => knownVolumes.find((type) => v[type] !== undefined) ?? 'unknown'))
  return bad.length === 0 ? undefined : { reason: 'restricted volume types',
    detail: `${plural('volume', 'volumes', bad.length)} ${quoted(bad.map(({ name }) => name))} ${plural('uses', 'use', bad.length)} ${plural('restricted volume type', 'restricted volume types', types.length)} ${quoted(types)}` }
}

const nonRoot: Rule = (_, spec) => {
  const reason = 'runAsNonRoot != true', ofPod = spec.securityContext?.runAsNonRoot
  const setters = badSetters(ofPod === false, namesWhere(spec, (c) => c.securityContext?.runAsNonRoot === false))
  if (setters !== undefined) return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` }
  const silent = ofPod === true ? [] : namesWhere(spec, (c) => c.securityContext?.runAsNonRoot === undefined)
  return silent.length === 0 ? undefined : { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` }
}

const notUserZero: Rule = (_, spec) => {
  const setters = badSetters(spec.securityContext?.runAsUser === 0, namesWhere(spec, (c) => c.securityContext?.runAsUser === 0))
  return setters === undefined ? undefined : { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` }
}

const someSeccomp: Rule = (metadata, spec) => {
  const wrong = seccomp(metadata, spec)
  if (wrong) return wrong
  const silent = isSeccomp(spec.securityContext?.seccompProfile?.type) ? [] : namesWhere(spec, (c) => c.securityContext?.seccompProfile === undefined)
  return silent.length === 0 ? undefined : { reason: 'seccompProfile', detail: `pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` }
}

export const restrictedChecks: readonly Check[] = [
  { id: 'allowPrivilegeEscalation', level: 'restricted', since: [[8, noEscalation], [25, unlessWindows(noEscalation)]] },
  { id: 'capabilities_restricted', level: 'restricted', since: [[22, dropAll], [25, unlessWindows(dropAll)]], replaces: 'capabilities_baseline' },
  { id: 'procMount_restricted', level: 'restricted', since: [[35, procMount]], replaces: 'procMount' },
  { id: 'restrictedVolumes', level: 'restricted', since: [[0, volumes]], replaces: 'hostPathVolumes' },
  { id: 'runAsNonRoot', level: 'restricted', since: [[0, nonRoot], [35, unlessUserNamespace(nonRoot)]] },
  { id: 'runAsUser', level: 'restricted', since: [[23, notUserZero], [35, unlessUserNamespace(notUserZero)]] },
  { id: 'seccompProfile_restricted', level: 'restricted', since: [[19, someSeccomp], [25, unlessWindows(someSeccomp)]], replaces: 'seccompProfile_baseline' },
]
