import { s, type Infer } from '#machinery'

export const appArmorProfile = s.object('io.k8s.api.core.v1.AppArmorProfile', {
  localhostProfile: s.string({ keepEmpty: true }),
  type: s.required(s.string()),
}, { unions: [{'discriminator': 'type', 'fields-to-discriminateBy': {'localhostProfile': 'LocalhostProfile'}}] })
export type AppArmorProfile = Infer<typeof appArmorProfile>

export const capabilities = s.object('io.k8s.api.core.v1.Capabilities', {
  add: s.list(s.string(), { listType: 'atomic' }),
  drop: s.list(s.string(), { listType: 'atomic' }),
})
export type Capabilities = Infer<typeof capabilities>

export const seLinuxOptions = s.object('io.k8s.api.core.v1.SELinuxOptions', {
  level: s.string(),
  role: s.string(),
  type: s.string(),
  user: s.string(),
})
export type SELinuxOptions = Infer<typeof seLinuxOptions>

export const seccompProfile = s.object('io.k8s.api.core.v1.SeccompProfile', {
  localhostProfile: s.string({ keepEmpty: true }),
  type: s.required(s.string()),
}, { unions: [{'discriminator': 'type', 'fields-to-discriminateBy': {'localhostProfile': 'LocalhostProfile'}}] })
export type SeccompProfile = Infer<typeof seccompProfile>

export const windowsSecurityContextOptions = s.object('io.k8s.api.core.v1.WindowsSecurityContextOptions', {
  gmsaCredentialSpec: s.string({ keepEmpty: true }),
  gmsaCredentialSpecName: s.string({ keepEmpty: true }),
  hostProcess: s.bool({ keepEmpty: true }),
  runAsUserName: s.string({ keepEmpty: true }),
})
export type WindowsSecurityContextOptions = Infer<typeof windowsSecurityContextOptions>

export const securityContext = s.object('io.k8s.api.core.v1.SecurityContext', {
  allowPrivilegeEscalation: s.bool({ keepEmpty: true }),
  appArmorProfile: appArmorProfile,
  capabilities: capabilities,
  privileged: s.bool({ keepEmpty: true }),
  procMount: s.string({ keepEmpty: true }),
  readOnlyRootFilesystem: s.bool({ keepEmpty: true }),
  runAsGroup: s.int64({ keepEmpty: true }),
  runAsNonRoot: s.bool({ keepEmpty: true }),
  runAsUser: s.int64({ keepEmpty: true }),
  seLinuxOptions: seLinuxOptions,
  seccompProfile: seccompProfile,
  windowsOptions: windowsSecurityContextOptions,
})
export type SecurityContext = Infer<typeof securityContext>

export const sysctl = s.object('io.k8s.api.core.v1.Sysctl', {
  name: s.required(s.string()),
  value: s.required(s.string()),
})
export type Sysctl = Infer<typeof sysctl>

export const podSecurityContext = s.object('io.k8s.api.core.v1.PodSecurityContext', {
  appArmorProfile: appArmorProfile,
  fsGroup: s.int64({ keepEmpty: true }),
  fsGroupChangePolicy: s.string({ keepEmpty: true }),
  runAsGroup: s.int64({ keepEmpty: true }),
  runAsNonRoot: s.bool({ keepEmpty: true }),
  runAsUser: s.int64({ keepEmpty: true }),
  seLinuxChangePolicy: s.string({ keepEmpty: true }),
  seLinuxOptions: seLinuxOptions,
  seccompProfile: seccompProfile,
  supplementalGroups: s.list(s.int64(), { listType: 'atomic' }),
  supplementalGroupsPolicy: s.string({ keepEmpty: true }),
  sysctls: s.list(sysctl, { listType: 'atomic' }),
  windowsOptions: windowsSecurityContextOptions,
})
export type PodSecurityContext = Infer<typeof podSecurityContext>
