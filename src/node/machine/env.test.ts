import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, Container, EnvVar, Pod, Secret } from '#kinds'
import { containerEnv } from './env.ts'

const configMaps: Record<string, ConfigMap['data']> = { cm: { A: 'from map', k: 'v' } }
const secrets: Record<string, Secret['data']> = { s: { P: Buffer.from('söcret').toString('base64') } }
async function env(container: Partial<Container>): Promise<Record<string, string>> {
  const own = { name: 'c', resources: { limits: { cpu: '1500m', memory: '64Mi' } }, ...container } as Container
  const pod = { metadata: { name: 'p', namespace: 'ns', uid: 'u', labels: { app: 'x' } }, spec: { containers: [own], serviceAccountName: 'sa' } } as unknown as Pod
  return Object.fromEntries(await containerEnv(pod, own, {
    configMap: async (name) => configMaps[name] && { metadata: { name }, data: configMaps[name] } as ConfigMap, secret: async (name) => secrets[name] && { metadata: { name }, data: secrets[name] } as Secret,
    place: { nodeName: 'n', hostIPs: ['1.1.1.1'], podIPs: ['10.0.0.1', 'fd00::1'] }, services: new Map([['SVC_HOST', '9.9.9.9']]), allocatable: { cpu: '2', 'ephemeral-storage': '10Gi' },
  }))
}
const field = (name: string, fieldPath: string): EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath } } })
const services = { SVC_HOST: '9.9.9.9' }

const cases: [why: string, container: Partial<Container>, expected: Record<string, string>][] = [
  ['values that use earlier ones, not later ones', { env: [{ name: 'A', value: 'a' }, { name: 'B', value: '$(A)-$(C)-$$(A)' }, { name: 'C', value: 'c' }] }, { A: 'a', B: 'a-$(C)-$(A)', C: 'c' }],
  ['values that use services', { env: [{ name: 'URL', value: 'http://$(SVC_HOST)' }] }, { URL: 'http://9.9.9.9' }],
  ['an own value of a service\'s name', { env: [{ name: 'SVC_HOST', value: 'mine' }] }, { SVC_HOST: 'mine' }],
  ['an empty value', { env: [{ name: 'E' }] }, { E: '' }],
  ['whole maps and secrets with prefixes', { envFrom: [{ configMapRef: { name: 'cm' }, prefix: 'X_' }, { secretRef: { name: 's' } }], env: [{ name: 'B', value: '$(X_A)' }] }, { X_A: 'from map', X_k: 'v', P: 'söcret', B: 'from map' }],
  ['a variable that wins over envFrom', { envFrom: [{ configMapRef: { name: 'cm' } }], env: [{ name: 'A', value: 'mine' }] }, { A: 'mine', k: 'v' }],
  ['nothing of what is optional and not there', { envFrom: [{ configMapRef: { name: 'no', optional: true } }, { secretRef: { name: 'no', optional: true } }],
    env: [{ name: 'K', valueFrom: { configMapKeyRef: { name: 'cm', key: 'no', optional: true } } }, { name: 'S', valueFrom: { secretKeyRef: { name: 'no', key: 'k', optional: true } } }] }, {}],
  ['keys', { env: [{ name: 'K', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }, { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'P' } } }] }, { K: 'v', S: 'söcret' }],
  ['fields of the pod', { env: [field('A', 'metadata.name'), field('B', "metadata.labels['app']"), field('C', 'status.podIP'), field('D', 'status.podIPs'), field('E', 'spec.nodeName'), field('F', 'status.hostIP'), field('G', 'spec.serviceAccountName')] },
    { A: 'p', B: 'x', C: '10.0.0.1', D: '10.0.0.1,fd00::1', E: 'n', F: '1.1.1.1', G: 'sa' }],
  ['resources', { env: [['L', 'limits.cpu', '1'], ['M', 'limits.cpu', '1m'], ['N', 'limits.memory', '1Mi'], ['R', 'requests.cpu', '1'], ['D', 'limits.ephemeral-storage', '1Gi']].map(([name, resource, divisor]) => ({ name: name!, valueFrom: { resourceFieldRef: { resource: resource!, divisor: divisor! } } })) },
    { L: '2', M: '1500', N: '64', R: '0', D: '10' }],
]
for (const [why, container, expected] of cases) test(`a container gets ${why}`, async () => assert.deepEqual(await env(container), { ...services, ...expected }))

const missing: [container: Partial<Container>, message: string][] = [
  [{ envFrom: [{ configMapRef: { name: 'no' } }] }, 'configmap "no" not found'],
  [{ envFrom: [{ secretRef: { name: 'no' } }] }, 'secret "no" not found'],
  [{ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'no' } } }] }, "couldn't find key no in ConfigMap ns/cm"],
  [{ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'no' } } }] }, "couldn't find key no in Secret ns/s"],
  [{ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'no', key: 'no' } } }] }, 'configmap "no" not found'],
]
for (const [container, message] of missing) test(`a container waits: ${message}`, () => assert.rejects(env(container), { reason: 'CreateContainerConfigError', message }))
