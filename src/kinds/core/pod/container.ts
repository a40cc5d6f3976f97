import { s, type Infer } from '#machinery'
import { objectFieldSelector, resourceFieldSelector } from '../references.ts'
import { securityContext } from './security.ts'

export const configMapKeySelector = s.object('io.k8s.api.core.v1.ConfigMapKeySelector', {
  key: s.required(s.string()),
  name: s.string({ shownDefault: '' }),
  optional: s.bool({ keepEmpty: true }),
}, { mapType: 'atomic' })
export type ConfigMapKeySelector = Infer<typeof configMapKeySelector>

export const fileKeySelector = s.object('io.k8s.api.core.v1.FileKeySelector', {
  key: s.required(s.string()),
  optional: s.bool({ default: false, keepEmpty: true }),
  path: s.required(s.string()),
  volumeName: s.required(s.string()),
}, { mapType: 'atomic' })
export type FileKeySelector = Infer<typeof fileKeySelector>

export const secretKeySelector = s.object('io.k8s.api.core.v1.SecretKeySelector', {
  key: s.required(s.string()),
  name: s.string({ shownDefault: '' }),
  optional: s.bool({ keepEmpty: true }),
}, { mapType: 'atomic' })
export type SecretKeySelector = Infer<typeof secretKeySelector>

export const envVarSource = s.object('io.k8s.api.core.v1.EnvVarSource', {
  configMapKeyRef: configMapKeySelector,
  fieldRef: objectFieldSelector,
  fileKeyRef: fileKeySelector,
  resourceFieldRef: resourceFieldSelector,
  secretKeyRef: secretKeySelector,
})
export type EnvVarSource = Infer<typeof envVarSource>

export const envVar = s.object('io.k8s.api.core.v1.EnvVar', {
  name: s.required(s.string()),
  value: s.string(),
  valueFrom: envVarSource,
})
export type EnvVar = Infer<typeof envVar>

export const configMapEnvSource = s.object('io.k8s.api.core.v1.ConfigMapEnvSource', {
  name: s.string({ shownDefault: '' }),
  optional: s.bool({ keepEmpty: true }),
})
export type ConfigMapEnvSource = Infer<typeof configMapEnvSource>

export const secretEnvSource = s.object('io.k8s.api.core.v1.SecretEnvSource', {
  name: s.string({ shownDefault: '' }),
  optional: s.bool({ keepEmpty: true }),
})
export type SecretEnvSource = Infer<typeof secretEnvSource>

export const envFromSource = s.object('io.k8s.api.core.v1.EnvFromSource', {
  configMapRef: configMapEnvSource,
  prefix: s.string(),
  secretRef: secretEnvSource,
})
export type EnvFromSource = Infer<typeof envFromSource>

export const execAction = s.object('io.k8s.api.core.v1.ExecAction', {
  command: s.list(s.string(), { listType: 'atomic' }),
})
export type ExecAction = Infer<typeof execAction>

export const httpHeader = s.object('io.k8s.api.core.v1.HTTPHeader', {
  name: s.required(s.string()),
  value: s.required(s.string()),
})
export type HTTPHeader = Infer<typeof httpHeader>

export const httpGetAction = s.object('io.k8s.api.core.v1.HTTPGetAction', {
  host: s.string(),
  httpHeaders: s.list(httpHeader, { listType: 'atomic' }),
  path: s.string(),
  port: s.required(s.intOrString()),
  scheme: s.string(),
})
export type HTTPGetAction = Infer<typeof httpGetAction>

export const sleepAction = s.object('io.k8s.api.core.v1.SleepAction', {
  seconds: s.required(s.int64()),
})
export type SleepAction = Infer<typeof sleepAction>

export const tcpSocketAction = s.object('io.k8s.api.core.v1.TCPSocketAction', {
  host: s.string(),
  port: s.required(s.intOrString()),
})
export type TCPSocketAction = Infer<typeof tcpSocketAction>

export const lifecycleHandler = s.object('io.k8s.api.core.v1.LifecycleHandler', {
  exec: execAction,
  httpGet: httpGetAction,
  sleep: sleepAction,
  tcpSocket: tcpSocketAction,
})
export type LifecycleHandler = Infer<typeof lifecycleHandler>

export const lifecycle = s.object('io.k8s.api.core.v1.Lifecycle', {
  postStart: lifecycleHandler,
  preStop: lifecycleHandler,
  stopSignal: s.string({ keepEmpty: true }),
})
export type Lifecycle = Infer<typeof lifecycle>

export const grpcAction = s.object('io.k8s.api.core.v1.GRPCAction', {
  port: s.required(s.int()),
  service: s.string({ default: '', keepEmpty: true }),
})
export type GRPCAction = Infer<typeof grpcAction>

export const probe = s.object('io.k8s.api.core.v1.Probe', {
  exec: execAction,
  failureThreshold: s.int(),
  grpc: grpcAction,
  httpGet: httpGetAction,
  initialDelaySeconds: s.int(),
  periodSeconds: s.int(),
  successThreshold: s.int(),
  tcpSocket: tcpSocketAction,
  terminationGracePeriodSeconds: s.int64({ keepEmpty: true }),
  timeoutSeconds: s.int(),
})
export type Probe = Infer<typeof probe>

export const containerPort = s.object('io.k8s.api.core.v1.ContainerPort', {
  containerPort: s.required(s.int()),
  hostIP: s.string(),
  hostPort: s.int(),
  name: s.string(),
  protocol: s.string({ default: 'TCP' }),
})
export type ContainerPort = Infer<typeof containerPort>

export const containerResizePolicy = s.object('io.k8s.api.core.v1.ContainerResizePolicy', {
  resourceName: s.required(s.string()),
  restartPolicy: s.required(s.string()),
})
export type ContainerResizePolicy = Infer<typeof containerResizePolicy>

export const resourceClaim = s.object('io.k8s.api.core.v1.ResourceClaim', {
  name: s.required(s.string()),
  request: s.string(),
})
export type ResourceClaim = Infer<typeof resourceClaim>

export const resourceRequirements = s.object('io.k8s.api.core.v1.ResourceRequirements', {
  claims: s.list(resourceClaim, { listType: 'map', listKeys: ['name'] }),
  limits: s.map(s.quantity()),
  requests: s.map(s.quantity()),
})
export type ResourceRequirements = Infer<typeof resourceRequirements>

export const containerRestartRuleOnExitCodes = s.object('io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes', {
  operator: s.mandatory(s.string()),
  values: s.list(s.int(), { listType: 'set' }),
})
export type ContainerRestartRuleOnExitCodes = Infer<typeof containerRestartRuleOnExitCodes>

export const containerRestartRule = s.object('io.k8s.api.core.v1.ContainerRestartRule', {
  action: s.mandatory(s.string()),
  exitCodes: containerRestartRuleOnExitCodes,
})
export type ContainerRestartRule = Infer<typeof containerRestartRule>

export const volumeDevice = s.object('io.k8s.api.core.v1.VolumeDevice', {
  devicePath: s.required(s.string()),
  name: s.required(s.string()),
})
export type VolumeDevice = Infer<typeof volumeDevice>

export const volumeMount = s.object('io.k8s.api.core.v1.VolumeMount', {
  mountPath: s.required(s.string()),
  mountPropagation: s.string({ keepEmpty: true }),
  name: s.required(s.string()),
  readOnly: s.bool(),
  recursiveReadOnly: s.string({ keepEmpty: true }),
  subPath: s.string(),
  subPathExpr: s.string(),
})
export type VolumeMount = Infer<typeof volumeMount>

export const container = s.object('io.k8s.api.core.v1.Container', {
  args: s.list(s.string(), { listType: 'atomic' }),
  command: s.list(s.string(), { listType: 'atomic' }),
  env: s.list(envVar, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  envFrom: s.list(envFromSource, { listType: 'atomic' }),
  image: s.string(),
  imagePullPolicy: s.string(),
  lifecycle: lifecycle,
  livenessProbe: probe,
  name: s.required(s.string()),
  ports: s.list(containerPort, { listType: 'map', listKeys: ['containerPort', 'protocol'], patchStrategy: 'merge', patchMergeKey: 'containerPort' }),
  readinessProbe: probe,
  resizePolicy: s.list(containerResizePolicy, { listType: 'atomic' }),
  resources: s.value(resourceRequirements),
  restartPolicy: s.string({ keepEmpty: true }),
  restartPolicyRules: s.list(containerRestartRule, { listType: 'atomic' }),
  securityContext: securityContext,
  startupProbe: probe,
  stdin: s.bool(),
  stdinOnce: s.bool(),
  terminationMessagePath: s.string(),
  terminationMessagePolicy: s.string(),
  tty: s.bool(),
  volumeDevices: s.list(volumeDevice, { listType: 'map', listKeys: ['devicePath'], patchStrategy: 'merge', patchMergeKey: 'devicePath' }),
  volumeMounts: s.list(volumeMount, { listType: 'map', listKeys: ['mountPath'], patchStrategy: 'merge', patchMergeKey: 'mountPath' }),
  workingDir: s.string(),
})
export type Container = Infer<typeof container>

export const ephemeralContainer = s.object('io.k8s.api.core.v1.EphemeralContainer', {
  args: s.list(s.string(), { listType: 'atomic' }),
  command: s.list(s.string(), { listType: 'atomic' }),
  env: s.list(envVar, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  envFrom: s.list(envFromSource, { listType: 'atomic' }),
  image: s.string(),
  imagePullPolicy: s.string(),
  lifecycle: lifecycle,
  livenessProbe: probe,
  name: s.required(s.string()),
  ports: s.list(containerPort, { listType: 'map', listKeys: ['containerPort', 'protocol'], patchStrategy: 'merge', patchMergeKey: 'containerPort' }),
  readinessProbe: probe,
  resizePolicy: s.list(containerResizePolicy, { listType: 'atomic' }),
  resources: s.value(resourceRequirements),
  restartPolicy: s.string({ keepEmpty: true }),
  restartPolicyRules: s.list(containerRestartRule, { listType: 'atomic' }),
  securityContext: securityContext,
  startupProbe: probe,
  stdin: s.bool(),
  stdinOnce: s.bool(),
  targetContainerName: s.string(),
  terminationMessagePath: s.string(),
  terminationMessagePolicy: s.string(),
  tty: s.bool(),
  volumeDevices: s.list(volumeDevice, { listType: 'map', listKeys: ['devicePath'], patchStrategy: 'merge', patchMergeKey: 'devicePath' }),
  volumeMounts: s.list(volumeMount, { listType: 'map', listKeys: ['mountPath'], patchStrategy: 'merge', patchMergeKey: 'mountPath' }),
  workingDir: s.string(),
})
export type EphemeralContainer = Infer<typeof ephemeralContainer>
