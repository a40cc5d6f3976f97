import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namespace } from '#kinds'
import type { LooseObject } from '#machinery'
import { start, type Answer } from '../../contract-kit.ts'
import { Metrics } from '../../metrics/metrics.ts'
import type { PluginConfiguration } from '../configuration.ts'
import { details, violations } from './evaluate.ts'
import { podSecurity } from './index.ts'
import type { PodSpec } from './check.ts'
import type { LevelVersion } from './policy.ts'

const policy = (text: string): LevelVersion => { const [level, version] = text.split(':'); return { level: level as LevelVersion['level'], version: version === 'latest' ? 'latest' : Number(version) } }
const c = (securityContext?: object, more: object = {}) => ({ name: 'c', image: 'i', ...(securityContext && { securityContext }), ...more })
const good = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }

const table: readonly (readonly [policy: string, spec: object, said: string])[] = [
  ['privileged:latest', { containers: [c({ privileged: true })], hostPID: true }, ''],
  ['baseline:latest', { containers: [c()] }, ''],
  ['baseline:latest', { containers: [c({ privileged: true })] }, 'privileged (container "c" must not set securityContext.privileged=true)'],
  ['baseline:latest', { initContainers: [{ ...c({ privileged: true }), name: 'a' }], containers: [c({ privileged: true })] }, 'privileged (containers "a", "c" must not set securityContext.privileged=true)'],
  ['baseline:latest', { containers: [c()], hostNetwork: true, hostPID: true, hostIPC: true }, 'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)'],
  ['baseline:latest', { containers: [c()], volumes: [{ name: 'a', hostPath: { path: '/' } }, { name: 'b', hostPath: { path: '/' } }] }, 'hostPath volumes (volumes "a", "b")'],
  ['baseline:latest', { containers: [c(undefined, { ports: [{ hostPort: 80 }, { hostPort: 9 }, { containerPort: 1 }] })] }, 'hostPort (container "c" uses hostPorts 80, 9)'],
  ['baseline:latest', { containers: [c({ capabilities: { add: ['NET_RAW', 'CHOWN', 'BPF'] } })] }, 'non-default capabilities (container "c" must not include "BPF", "NET_RAW" in securityContext.capabilities.add)'],
  ['baseline:latest', { containers: [c(undefined, { livenessProbe: { httpGet: { host: 'h' } }, lifecycle: { preStop: { tcpSocket: { host: 'g' } } } })] }, 'probe or lifecycle host (container "c" uses probe or lifecycle hosts "g", "h")'],
  ['baseline:33', { containers: [c(undefined, { livenessProbe: { httpGet: { host: 'h' } } })] }, ''],
  ['baseline:latest', { containers: [c({ seLinuxOptions: { type: 'x', user: 'u' } })], securityContext: { seLinuxOptions: { role: 'r' } } }, 'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "x"; user may not be set; role may not be set)'],
  ['baseline:latest', { containers: [c({ seLinuxOptions: { type: 'container_engine_t' } })] }, ''],
  ['baseline:30', { containers: [c({ seLinuxOptions: { type: 'container_engine_t' } })] }, 'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "container_engine_t")'],
  ['baseline:latest', { containers: [c({ seccompProfile: { type: 'Unconfined' } })], securityContext: { seccompProfile: { type: 'Unconfined' } } }, 'seccompProfile (pod and container "c" must not set securityContext.seccompProfile.type to "Unconfined")'],
  ['baseline:18', { containers: [c({ seccompProfile: { type: 'Unconfined' } })] }, ''],
  ['baseline:latest', { containers: [c()], securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }, { name: 'kernel.msgmax' }] } }, 'forbidden sysctls (kernel.msgmax)'],
  ['baseline:31', { containers: [c()], securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }, { name: 'kernel.msgmax' }] } }, 'forbidden sysctls (net.ipv4.tcp_rmem, kernel.msgmax)'],
  ['baseline:latest', { containers: [c({ windowsOptions: { hostProcess: true } })], securityContext: { windowsOptions: { hostProcess: true } } }, 'hostProcess (pod and container "c" must not set securityContext.windowsOptions.hostProcess=true)'],
  ['baseline:latest', { containers: [c({ appArmorProfile: { type: 'Unconfined' } })] }, 'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")'],
  ['baseline:latest', { containers: [c({ procMount: 'Unmasked' })] }, 'procMount (container "c" must not set securityContext.procMount to "Unmasked")'],
  ['baseline:latest', { hostUsers: false, containers: [c({ procMount: 'Unmasked' })] }, ''],
  ['baseline:34', { hostUsers: false, containers: [c({ procMount: 'Unmasked' })] }, 'procMount (container "c" must not set securityContext.procMount to "Unmasked")'],
  ['restricted:latest', { containers: [c(good)] }, ''],
  ['restricted:latest', { hostUsers: false, containers: [c({ ...good, procMount: 'Unmasked', runAsNonRoot: false, runAsUser: 0 })] }, 'procMount (container "c" must not set securityContext.procMount to "Unmasked")'],
  ['restricted:34', { hostUsers: false, containers: [c({ ...good, runAsUser: 0 })] }, 'runAsUser=0 (container "c" must not set runAsUser=0)'],
  ['restricted:latest', { containers: [c({ ...good, runAsNonRoot: false })], securityContext: { runAsNonRoot: false, runAsUser: 0 } }, 'runAsNonRoot != true (pod and container "c" must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0)'],
  ['restricted:latest', { containers: [c({ ...good, capabilities: { drop: ['KILL'], add: ['CHOWN', 'NET_BIND_SERVICE'] } })] },
    'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]; container "c" must not include "CHOWN" in securityContext.capabilities.add)'],
  ['restricted:latest', { containers: [c(good)], volumes: [{ name: 'a', nfs: {} }, { name: 'b', hostPath: {} }, { name: 'd', image: {} }, { name: 'e', secret: {} }] }, 'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")'],
  ['restricted:latest', { os: { name: 'windows' }, containers: [c({ runAsNonRoot: true })] }, ''],
  ['restricted:24', { os: { name: 'windows' }, containers: [c({ runAsNonRoot: true })] }, 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'],
  ['restricted:99', { containers: [c({ ...good, allowPrivilegeEscalation: true })] }, 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)'],
  ['restricted:latest', { containers: [c(good)], hostNetwork: true, ephemeralContainers: [{ name: 'e', image: 'i', securityContext: { ...good, privileged: true } }] }, 'host namespaces (hostNetwork=true), privileged (container "e" must not set securityContext.privileged=true)'],
]
for (const [level, spec, said] of table) test(`${level} says of ${JSON.stringify(spec).slice(0, 90)}: ${said.slice(0, 40) || 'nothing'}`, () => assert.equal(details(violations(policy(level), {}, spec as PodSpec)), said))

const ns = (name: string, labels: Record<string, string>) => ({ metadata: { name, labels: Object.fromEntries(Object.entries(labels).map(([k, v]) => [`pod-security.kubernetes.io/${k}`, v])) } })
const pod = (name: string, spec: object = {}, more: object = {}) => ({ metadata: { name, ...more }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
const deployment = (spec: object) => ({ metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } } } })
const warnings = (answer: Answer) => [answer.headers['warning'] ?? []].flat().join('\n')
const configured = (value: object): PluginConfiguration => ({ file: 'f.yaml', value: { kind: 'PodSecurityConfiguration', apiVersion: 'pod-security.admission.config.k8s.io/v1', ...value } })

test('pods are refused, what makes them is only warned of; who enforces and says no more is warned of the same', async () => {
  const metrics = new Metrics(), { ask } = await start({ admission: [podSecurity(undefined, metrics)] })
  await ask('POST /api/v1/namespaces', ns('n', { enforce: 'baseline' }))
  const refused = await ask('POST /api/v1/namespaces/n/pods', pod('p', { hostPID: true }))
  assert.deepEqual([refused.status, refused.body.message], [403, 'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)'])
  const made = await ask('POST /apis/apps/v1/namespaces/n/deployments', deployment({ hostPID: true }))
  assert.equal(made.status, 201)
  assert.match(warnings(made), /would violate PodSecurity \\"baseline:latest\\": host namespaces \(hostPID=true\)/)
  assert.equal((await ask('POST /api/v1/namespaces/n/pods', pod('q'))).status, 201)
  const counted = metrics.text((name) => name === 'pod_security_evaluations_total').split('\n').filter((line) => line.startsWith('pod_')).map((line) => line.replace('pod_security_evaluations_total', '').replace('ocp_namespace="",', '').replace(',ocp_namespace=""', ''))
  assert.deepEqual(counted.sort(), ['allow', 'deny'].map((decision) => `{decision="${decision}",mode="enforce",policy_level="baseline",policy_version="latest",request_operation="create",resource="pod",subresource=""} 1`)
    .concat('{decision="deny",mode="warn",policy_level="baseline",policy_version="latest",request_operation="create",resource="controller",subresource=""} 1').sort())
})

test('what is wrong with labels that were there is counted', async () => {
  const metrics = new Metrics(), { ask, objects } = await start({ admission: [podSecurity(undefined, metrics)] })
  const there = { apiVersion: 'v1', kind: 'Namespace', ...ns('n', { enforce: 'no' }) }
  await objects.create(namespace, { ...there, metadata: { ...there.metadata, uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' } } as LooseObject)
  assert.equal((await ask('POST /api/v1/namespaces/n/pods', pod('p', { hostPID: true }))).status, 403)
  assert.match(metrics.text(), /^pod_security_errors_total\{fatal="false",request_operation="create",resource="pod",subresource=""\} 1$/m)
})

test('labels that make no sense are refused when they come and stay when they were there; what is asked for then counts as the strictest', async () => {
  const { ask } = await start({ admission: [podSecurity(undefined)] })
  const bad = await ask('POST /api/v1/namespaces', ns('n', { enforce: 'no', 'warn-version': '1.2' }))
  assert.deepEqual([bad.status, bad.body.details.causes.map((x: { field: string }) => x.field)], [422, ['metadata.labels[pod-security.kubernetes.io/enforce]', 'metadata.labels[pod-security.kubernetes.io/warn-version]']])
})

test('a stricter level tells which pods do not fit it, one line for all that lack the same', async () => {
  const { ask } = await start({ admission: [podSecurity(undefined)] })
  await ask('POST /api/v1/namespaces', ns('n', {}))
  for (const name of ['b', 'a', 'x']) await ask('POST /api/v1/namespaces/n/pods', pod(name, { hostPID: true }))
  await ask('POST /api/v1/namespaces/n/pods', pod('y', { hostNetwork: true, containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] }))
  await ask('POST /api/v1/namespaces/n/pods', pod('z'))
  const answer = await ask('PATCH /api/v1/namespaces/n', ns('n', { enforce: 'baseline', 'enforce-version': 'v1.30' }))
  assert.equal(answer.status, 200)
  assert.deepEqual([answer.headers['warning']].flat(), ['299 - "existing pods in namespace \\"n\\" violate the new PodSecurity enforce level \\"baseline:v1.30\\""', '299 - "a (and 2 other pods): host namespaces"', '299 - "y: host namespaces, privileged"'])
})

test('updates that run nothing new pass, others are looked at again', async () => {
  const { ask } = await start({ admission: [podSecurity(undefined)] })
  await ask('POST /api/v1/namespaces', ns('n', {}))
  await ask('POST /api/v1/namespaces/n/pods', pod('p', { hostPID: true }))
  await ask('PATCH /api/v1/namespaces/n', ns('n', { enforce: 'baseline' }))
  assert.equal((await ask('PATCH /api/v1/namespaces/n/pods/p', { metadata: { labels: { a: 'b' } } })).status, 200)
  assert.equal((await ask('PATCH /api/v1/namespaces/n/pods/p', { spec: { containers: [{ name: 'c', image: 'other' }] } })).status, 403)
})

test('the configuration says what holds elsewhere and who is left alone', async () => {
  const { ask } = await start({ admission: [podSecurity(configured({ defaults: { enforce: 'baseline', 'enforce-version': 'v1.20', warn: 'restricted' }, exemptions: { namespaces: ['free'], usernames: ['root'], runtimeClasses: ['vm'] } }))] })
  await ask('POST /api/v1/namespaces', ns('n', {}))
  const exempt = await ask('POST /api/v1/namespaces', ns('free', { enforce: 'restricted' }))
  assert.match(warnings(exempt), /namespace \\"free\\" is exempt from Pod Security, and the policy \(enforce=restricted:v1.20\) will be ignored/)
  const said = await ask('POST /api/v1/namespaces/n/pods', pod('p', { hostPID: true }))
  assert.equal(said.body.message, 'pods "p" is forbidden: violates PodSecurity "baseline:v1.20": host namespaces (hostPID=true)')
  assert.equal((await ask('POST /api/v1/namespaces/n/pods', pod('p', { hostPID: true }), {}, { name: 'root', groups: [] })).status, 201)
  assert.equal((await ask('POST /api/v1/namespaces/n/pods', pod('q', { hostPID: true, runtimeClassName: 'vm' }))).status, 201)
  assert.equal((await ask('POST /api/v1/namespaces/free/pods', pod('p', { hostPID: true }))).status, 201)
})

for (const [what, value] of [['level', { defaults: { warn: 'x' } }], ['version', { defaults: { 'warn-version': 'v2.0' } }], ['kind', { kind: 'Other' }]] as const)
  test(`a configuration with a wrong ${what} is refused at the start`, () => assert.throws(() => podSecurity(configured(value)), /f\.yaml/))
