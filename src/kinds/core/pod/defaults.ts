// Defaults of pods and of everything that carries a pod template, as the reference fills them in after decoding.
import type { AnyObject, Features } from '#machinery'
import { defaultClaimSpec } from '../claim-defaults.ts'
import { roundResources } from '../resources.ts'
import type { Container, EphemeralContainer, HTTPGetAction, Probe } from './container.ts'
import { imageTag } from './image.ts'
import { defaultPodResources } from './pod-resources.ts'
import { containersOf, type PodSpec, type PodTemplateSpec } from './spec.ts'
import { dropSwitchedOff } from './switched-off.ts'
import type { Volume } from './volume.ts'

/** What every pod spec gets, in pods and in templates. */
export function defaultPodSpec(spec: PodSpec, features?: Features): void {
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  // The older name of the field is kept in step with the newer.
  const account = spec.serviceAccountName || spec.serviceAccount
  if (account) spec.serviceAccountName = spec.serviceAccount = account
  for (const volume of spec.volumes ?? []) defaultVolume(volume)
  for (const c of containersOf(spec)) defaultContainer(c)
  roundResources(spec.overhead, spec.resources?.limits, spec.resources?.requests)
  dropSwitchedOff(spec, features)
}
export const defaultPodTemplate = (template: PodTemplateSpec | undefined, features?: Features): void => { if (template) defaultPodSpec(template.spec, features) }

/** What only pods get: requests from limits, service links, host ports. */
export function defaultPod(pod: AnyObject & { spec: PodSpec }, features?: Features): void {
  const { spec } = pod
  for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
    if (resources.limits) resources.requests = { ...resources.limits, ...resources.requests }
  defaultPodResources(spec)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork)
    for (const c of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) for (const port of c.ports ?? []) port.hostPort ||= port.containerPort
  defaultPodSpec(spec, features)
}

function defaultContainer(c: Container | EphemeralContainer): void {
  c.imagePullPolicy ||= pullPolicy(c.image)
  c.terminationMessagePath ||= '/dev/termination-log'
  c.terminationMessagePolicy ||= 'File'
  for (const { valueFrom } of c.env ?? []) if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1'
  roundResources(c.resources.limits, c.resources.requests)
  for (const probe of [c.livenessProbe, c.readinessProbe, c.startupProbe]) if (probe) defaultProbe(probe)
  for (const handler of [c.lifecycle?.postStart, c.lifecycle?.preStop]) if (handler?.httpGet) defaultHTTPGet(handler.httpGet)
}
const pullPolicy = (image: string | undefined): string => (imageTag(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent')

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  if (probe.httpGet) defaultHTTPGet(probe.httpGet)
}
function defaultHTTPGet(action: HTTPGetAction): void {
  action.path ||= '/'
  action.scheme ||= 'HTTP'
}

const fileMode = 0o644, tokenSeconds = 3600
function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {}
  const { secret, configMap, downwardAPI, projected, hostPath, ephemeral, image } = volume
  for (const source of [secret, configMap, downwardAPI, projected]) if (source) source.defaultMode ??= fileMode
  for (const { fieldRef } of downwardAPI?.items ?? []) if (fieldRef) fieldRef.apiVersion ||= 'v1'
  for (const source of projected?.sources ?? []) {
    for (const { fieldRef } of source.downwardAPI?.items ?? []) if (fieldRef) fieldRef.apiVersion ||= 'v1'
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= tokenSeconds
  }
  if (hostPath) hostPath.type ??= ''
  if (ephemeral?.volumeClaimTemplate) defaultClaimSpec(ephemeral.volumeClaimTemplate.spec)
  if (image) image.pullPolicy ||= pullPolicy(image.reference)
}
