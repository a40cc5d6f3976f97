// Security contexts of pods and of containers.
import { duplicateValue, forbiddenValue, invalidValue, isInRange, notSupported, requiredValue, takesMore, tooLong, type FieldError } from '#machinery'
import { oneOf, validateDNSSubdomain } from '../../checks.ts'
import { goForm } from '../../go-diff.ts'
import { seccompProfileForm, securityContextForm } from '../../go-forms.ts'
import { validateLocalPath } from './paths.ts'
import type { AppArmorProfile, PodSecurityContext, SeccompProfile, SecurityContext, WindowsSecurityContextOptions } from './security.ts'
import type { PodSpec } from './spec.ts'

const mostId = 2 ** 31 - 1
const id = (value: number | undefined, at: string): FieldError[] => (value === undefined ? [] : isInRange(value, 0, mostId).map((why) => invalidValue(at, value, why)))

const sysctlForm = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
const isSysctl = new RegExp(sysctlForm.replaceAll('/', '\\/'))
const sysctlLimit = 253
/** net/ipv4.forward and net.ipv4/forward are the same: the first separator says which one separates. */
const inDots = (name: string): string => (/^[^.]*\//.test(name) ? name.replace(/[./]/g, (c) => (c === '/' ? '.' : '/')) : name)
function validateSysctls(spec: PodSpec, at: string): FieldError[] {
  const errors: FieldError[] = [], names = new Set<string>()
  for (const [i, { name }] of (spec.securityContext?.sysctls ?? []).entries()) {
    const here = `${at}[${i}].name`
    if (!name) errors.push(requiredValue(here))
    else if (name.length > sysctlLimit || !isSysctl.test(name)) errors.push(invalidValue(here, name, `must have at most ${sysctlLimit} characters and match regex ${sysctlForm}`))
    else if (names.has(name)) errors.push(duplicateValue(here, name))
    const dotted = inDots(name)
    if (spec.hostNetwork && dotted.startsWith('net.')) errors.push(invalidValue(here, name, "may not be specified when 'hostNetwork' is true"))
    if (spec.hostIPC && /^(kernel\.shm|kernel\.msg|kernel\.sem$|fs\.mqueue\.)/.test(dotted)) errors.push(invalidValue(here, name,
      "may not be specified when 'hostIPC' is true"))
    names.add(name)
  }
  return errors
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']
function validateSeccomp(profile: SeccompProfile | undefined, at: string): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile } = profile
  const errors = !type ? [requiredValue(`${at}.type`, 'type is required when seccompProfile is set')]
    : profileTypes.includes(type) ? [] : [notSupported(`${at}.type`, type, profileTypes)]
  if (type === 'Localhost') return localhostProfile === undefined ? [...errors, requiredValue(`${at}.localhostProfile`, 'must be set when seccomp type is Localhost')]
    : [...errors, ...validateLocalPath(localhostProfile, `${at}.localhostProfile`)]
  return localhostProfile === undefined ? errors
    : [...errors, invalidValue(`${at}.localhostProfile`, goForm(seccompProfileForm, profile), 'can only be set when seccomp type is Localhost')]
}
const longestProfile = 4095
function validateAppArmor(profile: AppArmorProfile | undefined, at: string): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile: name } = profile, here = `${at}.localhostProfile`
  if (type === 'Localhost') {
    if (name === undefined) return [requiredValue(here, 'must be set when AppArmor type is Localhost')]
    return [
      ...(name.trim() === name ? [] : [invalidValue(here, name, 'must not be padded with whitespace')]),
      ...(name.trim() ? [] : [requiredValue(here, 'must be set when AppArmor type is Localhost')]),
      ...(takesMore(name, longestProfile) ? [tooLong(here, longestProfile)] : []),
    ]
  }
  if (type !== 'RuntimeDefault' && type !== 'Unconfined') return type ? [notSupported(`${at}.type`, type, profileTypes)]
    : [requiredValue(`${at}.type`, 'type is required when appArmorProfile is set')]
  return name === undefined ? [] : [invalidValue(here, name, 'can only be set when AppArmor type is Localhost')]
}
const longestCredentials = 64 * 1024, longestDomain = 256, longestUser = 104
const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/, dnsName = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
function validateWindows(options: WindowsSecurityContextOptions | undefined, at: string): FieldError[] {
  if (!options) return []
  const { gmsaCredentialSpec, gmsaCredentialSpecName, runAsUserName } = options
  const size = gmsaCredentialSpec === undefined ? '' : gmsaCredentialSpec === '' ? 'gmsaCredentialSpec cannot be an empty string'
    : takesMore(gmsaCredentialSpec, longestCredentials) ? 'gmsaCredentialSpec size must be under 64 KiB' : ''
  return [
    ...(gmsaCredentialSpecName === undefined ? [] : validateDNSSubdomain(gmsaCredentialSpecName, `${at}.gmsaCredentialSpecName`)),
    ...(size ? [invalidValue(`${at}.gmsaCredentialSpec`, gmsaCredentialSpec, size)] : []),
    ...(runAsUserName === undefined ? [] : windowsUserFaults(runAsUserName).map((why) => invalidValue(`${at}.runAsUserName`, runAsUserName, why))),
  ]
}
/** A user of Windows, with or without a domain in front: DOMAIN\USER. */
function windowsUserFaults(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  // oxlint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const user = parts.at(-1)!, domain = parts.length === 2 ? parts[0]! : undefined
  return [
    ...((domain ?? '').length >= longestDomain ? [`runAsUserName's Domain length must be under ${longestDomain} characters`] : []),
    ...(domain === undefined || netBios.test(domain) || dnsName.test(domain) ? [] : ["runAsUserName's Domain doesn't match the NetBios nor the DNS format"]),
    ...(user === '' ? ["runAsUserName's User cannot be empty"] : takesMore(user, longestUser) ? [`runAsUserName's User length must not be longer than ${longestUser} characters`] : []),
    ...(/^[. ]+$/.test(user) ? ["runAsUserName's User cannot contain only periods or spaces"] : []),
    ...(/["/\\:;|=,+*?<>@[\]]/.test(user) ? ['runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]'] : []),
  ]
}

export function validatePodSecurity(spec: PodSpec, at: string): FieldError[] {
  const context: PodSecurityContext = spec.securityContext ?? {}
  const here = `${at}.securityContext`
  const { fsGroupChangePolicy, supplementalGroupsPolicy, seLinuxChangePolicy } = context
  return [
    ...id(context.fsGroup, `${here}.fsGroup`), ...id(context.runAsUser, `${here}.runAsUser`), ...id(context.runAsGroup, `${here}.runAsGroup`),
    ...(context.supplementalGroups ?? []).flatMap((group, i) => id(group, `${here}.supplementalGroups[${i}]`)),
    ...(spec.shareProcessNamespace && spec.hostPID ? [invalidValue(`${here}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled')] : []),
    ...validateSysctls(spec, `${here}.sysctls`),
    ...(fsGroupChangePolicy === undefined ? [] : oneOf(fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${here}.fsGroupChangePolicy`)),
    ...validateSeccomp(context.seccompProfile, `${here}.seccompProfile`), ...validateWindows(context.windowsOptions, `${here}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${here}.appArmorProfile`),
    ...(supplementalGroupsPolicy === undefined ? [] : oneOf(supplementalGroupsPolicy, ['Merge', 'Strict'], `${here}.supplementalGroupsPolicy`)),
    ...(seLinuxChangePolicy === undefined ? [] : oneOf(seLinuxChangePolicy, ['Recursive'], `${here}.seLinuxChangePolicy`)),
  ]
}

export function validateContainerSecurity(context: SecurityContext | undefined, hostUsers: boolean, at: string): FieldError[] {
  if (!context) return []
  const errors = [...id(context.runAsUser, `${at}.runAsUser`), ...id(context.runAsGroup, `${at}.runAsGroup`)]
  const { procMount } = context
  if (procMount !== undefined) {
    errors.push(...oneOf(procMount, ['Default', 'Unmasked'], `${at}.procMount`))
    if (hostUsers && procMount === 'Unmasked') errors.push(invalidValue(`${at}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'))
  }
  errors.push(...validateSeccomp(context.seccompProfile, `${at}.seccompProfile`))
  if (context.allowPrivilegeEscalation === false) {
    const refuse = (why: string) => errors.push(invalidValue(at, goForm(securityContextForm, context), why))
    if (context.privileged) refuse('cannot set `allowPrivilegeEscalation` to false and `privileged` to true')
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) refuse('cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN')
  }
  return [...errors, ...validateWindows(context.windowsOptions, `${at}.windowsOptions`), ...validateAppArmor(context.appArmorProfile, `${at}.appArmorProfile`)]
}

const linuxOnly = ['appArmorProfile', 'seLinuxOptions', 'hostUsers', 'hostPID', 'hostIPC', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls', 'shareProcessNamespace',
  'runAsUser', 'runAsGroup',
  'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy'] as const
const ofSpec = new Set<string>(['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'])
const linuxOnlyInContainers = ['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged', 'allowPrivilegeEscalation',
  'procMount', 'runAsUser', 'runAsGroup'] as const
/** What makes no sense on the operating system that the pod names. */
export function validateForOS(spec: PodSpec, containers: readonly (readonly [at: string, context: SecurityContext | undefined])[], at: string): FieldError[] {
  const errors: FieldError[] = []
  if (spec.os?.name === 'linux') {
    const refuse = (at: string) => errors.push(forbiddenValue(`${at}.windowsOptions`, 'windows options cannot be set for a linux pod'))
    if (spec.securityContext?.windowsOptions) refuse(`${at}.securityContext`)
    for (const [here, context] of containers) if (context?.windowsOptions) refuse(`${here}.securityContext`)
  } else if (spec.os?.name === 'windows') {
    for (const field of linuxOnly) {
      const found = ofSpec.has(field) ? spec[field as keyof PodSpec] : spec.securityContext?.[field as keyof PodSecurityContext]
      if (found !== undefined && found !== (field === 'hostPID' || field === 'hostIPC' ? false
        : undefined)) errors.push(forbiddenValue(`${at}.${ofSpec.has(field) ? '' : 'securityContext.'}${field}`, 'cannot be set for a windows pod'))
    }
    for (const [here, context] of containers) for (const field of linuxOnlyInContainers) if (context?.[field] !== undefined) errors.push(forbiddenValue(`${here}.securityContext.${field}`, 'cannot be set for a windows pod'))
  }
  return errors
}
