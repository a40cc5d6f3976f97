// What is wrong with containers of each sort.
import { duplicateValue, forbiddenValue, invalidValue, isPortName, isPortNumber, notSupported, requiredValue, tooMany, valueNotFound, type FieldError } from '#machinery'
import { failing, oneOf, validateDNSLabel } from '../../checks.ts'
import { validateContainerResources } from '../validate-resources.ts'
import type { Container, ContainerPort, ContainerResizePolicy, EphemeralContainer } from './container.ts'
import { validateNoBacksteps } from './paths.ts'
import type { PodSpec } from './spec.ts'
import { validateEnv, validateEnvFrom } from './validate-env.ts'
import { validateHooksAndProbes } from './validate-handlers.ts'
import { validateMounts } from './validate-mounts.ts'
import { validateContainerSecurity } from './validate-security.ts'
import type { Volume } from './volume.ts'

/** What containers are checked against: the rest of their pod. */
export interface Surroundings { readonly volumes: ReadonlyMap<string,
  Volume>; readonly claims: ReadonlySet<string>; readonly grace: number; readonly podRestartPolicy: string; readonly hostUsers: boolean }
/** `volumes` are those that are fit to be mounted. */
export const surroundings = (spec: PodSpec, volumes: readonly Volume[]): Surroundings => ({
  volumes: new Map(volumes.map((v) => [v.name, v])), claims: new Set((spec.resourceClaims ?? []).map((c) => c.name)),
  grace: spec.terminationGracePeriodSeconds ?? 0, podRestartPolicy: spec.restartPolicy ?? '', hostUsers: spec.hostUsers ?? true,
})

export function validateContainers(containers: readonly Container[] | null | undefined, around: Surroundings, at: string): FieldError[] {
  if (!containers?.length) return [requiredValue(at)]
  const errors: FieldError[] = [], names = new Set<string>()
  for (const [i, c] of containers.entries()) {
    const here = `${at}[${i}]`
    errors.push(...validateCommon(c, around, here))
    if (names.has(c.name)) errors.push(duplicateValue(`${here}.name`, c.name))
    names.add(c.name)
    errors.push(...validateHooksAndProbes(c, around.grace, here), ...validateRestart(c, here))
  }
  return [...errors, ...hostPortConflicts(containers.map((c, i) => [`${at}[${i}]`, c]))]
}

export function validateInitContainers(spec: PodSpec, around: Surroundings, at: string): FieldError[] {
  const errors: FieldError[] = [], names = new Set((spec.containers ?? []).map((c) => c.name))
  for (const [i, c] of (spec.initContainers ?? []).entries()) {
    const here = `${at}[${i}]`
    errors.push(...validateCommon(c, around, here), ...validateRestart(c, here))
    if (c.restartPolicy !== 'Always') for (const [j, { restartPolicy }] of (c.resizePolicy ?? []).entries())
      if (restartPolicy === 'RestartContainer') errors.push(invalidValue(`${here}.resizePolicy[${j}].restartPolicy`, restartPolicy,
        "must not be set to 'RestartContainer' for non-sidecar initContainers"))
    if (names.has(c.name)) errors.push(duplicateValue(`${here}.name`, c.name))
    else if (c.name) names.add(c.name)
    errors.push(...hostPortConflicts([[`${at}[0]`, c]]))
    if (c.restartPolicy === 'Always') errors.push(...validateHooksAndProbes(c, around.grace, here))
    else for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
      if (c[field]) errors.push(forbiddenValue(`${here}.${field}`, 'may not be set for init containers without restartPolicy=Always'))
  }
  return errors
}

/** What containers that come later cannot have, in the order of the reference's structure. */
const notInEphemeral = ['ports', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const
const notEphemeral = 'cannot be set for an Ephemeral Container'
export function validateEphemeralContainers(spec: PodSpec, around: Surroundings, at: string): FieldError[] {
  const errors: FieldError[] = [], others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.name)), names = new Set(others)
  for (const [i, c] of (spec.ephemeralContainers ?? []).entries()) {
    const here = `${at}[${i}]`
    errors.push(...validateCommon(c, around, here), ...validateImageSpaces(c, here))
    if (names.has(c.name)) errors.push(duplicateValue(`${here}.name`, c.name))
    names.add(c.name)
    if (c.targetContainerName && !others.has(c.targetContainerName)) errors.push(valueNotFound(`${here}.targetContainerName`, c.targetContainerName))
    for (const field of notInEphemeral)
      if (c[field] !== undefined && !(field === 'resources' && !Object.keys(c.resources).length)) errors.push(forbiddenValue(`${here}.${field}`, notEphemeral))
    for (const [j, mount] of (c.volumeMounts ?? []).entries())
      for (const field of ['subPath', 'subPathExpr'] as const) if (mount[field]) errors.push(forbiddenValue(`${here}.volumeMounts[${j}].${field}`, notEphemeral))
  }
  return errors
}

/** Pods, unlike templates, may not have images with spaces around them. */
export const validateImageSpaces = ({ image = '' }: Container | EphemeralContainer, at: string): FieldError[] =>
  (image === image.trim() ? [] : [invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace')])

const messagePolicies = ['File', 'FallbackToLogsOnError']
function validateCommon(c: Container | EphemeralContainer, { volumes, claims, podRestartPolicy, hostUsers }: Surroundings, at: string): FieldError[] {
  return [
    ...(c.name ? validateDNSLabel(c.name, `${at}.name`) : [requiredValue(`${at}.name`)]),
    ...(c.image ? [] : [requiredValue(`${at}.image`)]),
    ...(messagePolicies.includes(c.terminationMessagePolicy ?? '') ? [] : [notSupported(`${at}.terminationMessagePolicy`, c.terminationMessagePolicy, messagePolicies)]),
    ...validatePorts(c.ports, `${at}.ports`),
    ...validateEnv(c.env, `${at}.env`), ...validateEnvFrom(c.envFrom, `${at}.envFrom`),
    ...validateMounts(c, volumes, `${at}.volumeMounts`), ...validateDevices(c, volumes, `${at}.volumeDevices`),
    ...oneOf(c.imagePullPolicy ?? '', ['Always', 'IfNotPresent', 'Never'], `${at}.imagePullPolicy`),
    ...validateContainerResources(c.resources, claims, `${at}.resources`),
    ...validateResizePolicy(c.resizePolicy, podRestartPolicy, `${at}.resizePolicy`),
    ...validateContainerSecurity(c.securityContext, hostUsers, `${at}.securityContext`),
  ]
}

function validatePorts(ports: readonly ContainerPort[] | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [], names = new Set<string>()
  const number = (value: number, at: string) => errors.push(...isPortNumber(value).map((why) => invalidValue(at, value, why)))
  for (const [i, { name, containerPort, hostPort, protocol }] of (ports ?? []).entries()) {
    const here = `${at}[${i}]`
    if (name) {
      const bad = failing(isPortName, name, `${here}.name`)
      errors.push(...bad)
      if (!bad.length && names.has(name)) errors.push(duplicateValue(`${here}.name`, name))
      names.add(name)
    }
    if (containerPort === 0) errors.push(requiredValue(`${here}.containerPort`))
    else number(containerPort, `${here}.containerPort`)
    if (hostPort) number(hostPort, `${here}.hostPort`)
    errors.push(...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${here}.protocol`))
  }
  return errors
}
function hostPortConflicts(containers: readonly (readonly [at: string, c: Container])[]): FieldError[] {
  const taken = new Set<string>()
  return containers.flatMap(([at, c]) => (c.ports ?? []).flatMap(({ protocol, hostIP = '', hostPort }, i) => {
    if (!hostPort) return []
    const key = `${protocol}/${hostIP}/${hostPort}`
    if (taken.has(key)) return [duplicateValue(`${at}.ports[${i}].hostPort`, key)]
    taken.add(key)
    return []
  }))
}

function validateDevices({ volumeDevices, volumeMounts }: Container | EphemeralContainer, volumes: ReadonlyMap<string, Volume>, at: string): FieldError[] {
  const errors: FieldError[] = [], paths = new Set<string>(), names = new Set<string>()
  for (const [i, { name, devicePath }] of (volumeDevices ?? []).entries()) {
    const here = `${at}[${i}]`, volume = volumes.get(name)
    if (!name) errors.push(requiredValue(`${here}.name`))
    if (names.has(name)) errors.push(invalidValue(`${here}.name`, name, 'must be unique'))
    if (!volume) errors.push(valueNotFound(`${here}.name`, name))
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) errors.push(invalidValue(`${here}.name`, name,
      'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'))
    if (!devicePath) errors.push(requiredValue(`${here}.devicePath`))
    if (paths.has(devicePath)) errors.push(invalidValue(`${here}.devicePath`, devicePath, 'must be unique'))
    if (validateNoBacksteps(devicePath, '').length) errors.push(invalidValue(`${here}.devicePath`, devicePath, "can not contain backsteps ('..')"))
    else paths.add(devicePath)
    if (volumeMounts?.some((m) => m.name === name)) errors.push(invalidValue(`${here}.name`, name, 'must not already exist in volumeMounts'))
    if (volumeMounts?.some((m) => m.mountPath === devicePath)) errors.push(invalidValue(`${here}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'))
    if (name) names.add(name)
  }
  return errors
}

function validateResizePolicy(policies: readonly ContainerResizePolicy[] | undefined, podRestartPolicy: string, at: string): FieldError[] {
  const errors: FieldError[] = [], seen = new Set<string>()
  for (const [i, { resourceName, restartPolicy }] of (policies ?? []).entries()) {
    if (seen.has(resourceName)) errors.push(duplicateValue(`${at}[${i}]`, resourceName))
    seen.add(resourceName)
    errors.push(...(resourceName ? oneOf(resourceName, ['cpu', 'memory'], at) : [requiredValue(at)]),
      ...(restartPolicy ? oneOf(restartPolicy, ['NotRequired', 'RestartContainer'], at) : [requiredValue(at)]))
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') errors.push(invalidValue(at, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
  }
  return errors
}

const mostRules = 20, mostExitCodes = 255
/** Rules need a policy of the container's own; then everything about them is looked at. */
function validateRestart({ restartPolicy, restartPolicyRules = [] }: Container, at: string): FieldError[] {
  if (restartPolicy === undefined) return restartPolicyRules.length ? [requiredValue(`${at}.restartPolicy`, 'must specify restartPolicy when restart rules are used')] : []
  const errors = oneOf(restartPolicy, ['Always', 'Never', 'OnFailure'], `${at}.restartPolicy`)
  if (restartPolicyRules.length > mostRules) errors.push(tooMany(`${at}.restartPolicyRules`, restartPolicyRules.length, mostRules))
  for (const [i, { action, exitCodes }] of restartPolicyRules.entries()) {
    const here = `${at}.restartPolicyRules[${i}]`, { operator, values = [] } = exitCodes ?? { operator: '' }
    errors.push(...oneOf(action, ['Restart', 'RestartAllContainers'], `${here}.action`))
    if (!exitCodes) errors.push(requiredValue(`${here}.exitCodes`, 'must be specified'))
    else {
      errors.push(...oneOf(operator, ['In', 'NotIn'], `${here}.exitCodes.operator`))
      if (values.length > mostExitCodes) errors.push(tooMany(`${here}.exitCodes.values`, values.length, mostExitCodes))
    }
  }
  return errors
}
