import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod } from '#kinds'
import { containerResources, podResources } from './resources.ts'

type Lists = Container['resources']
const c = (requests?: Record<string, string>, limits?: Record<string, string>, more: Partial<Container> = {}): Container =>
  ({ name: 'c', resources: { ...(requests && { requests }), ...(limits && { limits }) } as Lists, ...more }) as Container
const pod = (containers: Container[], spec: Partial<Pod['spec']> = {}): Pod => ({ metadata: { name: 'p', namespace: 'ns', uid: 'u' }, spec: { containers, ...spec } }) as unknown as Pod
const gib = 2 ** 30

const containers: [why: string, container: Container, expected: object][] = [
  ['nothing', c(), { cpuShares: 2, oomScoreAdj: 1000 }],
  ['a little cpu', c({ cpu: '1m' }), { cpuShares: 2, oomScoreAdj: 999 }],
  ['cpu and memory', c({ cpu: '250m', memory: '1Gi' }, { cpu: '500m', memory: '2Gi' }), { cpuShares: 256, cpuPeriod: 100_000, cpuQuota: 50_000, memoryLimitInBytes: 2 * gib, oomScoreAdj: 750 }],
  ['limits only', c(undefined, { cpu: '2', memory: '64Mi' }), { cpuShares: 2048, cpuPeriod: 100_000, cpuQuota: 200_000, memoryLimitInBytes: 64 * 2 ** 20, oomScoreAdj: -997 }],
  ['the least quota', c({ cpu: '1m' }, { cpu: '1m' }), { cpuShares: 2, cpuPeriod: 100_000, cpuQuota: 1_000, oomScoreAdj: 999 }],
  ['all the memory', c({ memory: '4Gi' }), { cpuShares: 2, oomScoreAdj: 3 }],
  ['huge pages', c({ memory: '1Gi' }, { 'hugepages-2Mi': '4Mi' }), { cpuShares: 2, hugepageLimits: [{ pageSize: '2MB', limit: 4 * 2 ** 20 }], oomScoreAdj: 750 }],
]
for (const [why, container, expected] of containers)
  test(`a container that asks for ${why}`, () => assert.deepEqual(containerResources(pod([container]), container, 4 * gib), expected))

const pods: [why: string, pod: Pod, expected: object][] = [
  ['that asks for nothing', pod([c()]), { cpuShares: 2 }],
  ['is limited when all containers are', pod([c({ cpu: '1' }, { cpu: '1', memory: '1Gi' }), c({ cpu: '1' }, { cpu: '2', memory: '1Gi' })]), { cpuShares: 2048, cpuPeriod: 100_000, cpuQuota: 300_000, memoryLimitInBytes: 2 * gib }],
  ['is not limited when one is not', pod([c({ cpu: '1' }, { cpu: '1', memory: '1Gi' }), c({ cpu: '500m' })]), { cpuShares: 1536 }],
  ['needs what its init containers need at most', pod([c({ cpu: '1' })], { initContainers: [c({ cpu: '3' })] }), { cpuShares: 3072 }],
  ['adds its sidecars', pod([c({ cpu: '1' })], { initContainers: [c({ cpu: '1' }, undefined, { restartPolicy: 'Always' }), c({ cpu: '500m' })] }), { cpuShares: 2048 }],
  ['has limits of its own', pod([c()], { resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1' } } }), { cpuShares: 1024, cpuPeriod: 100_000, cpuQuota: 200_000, memoryLimitInBytes: gib }],
  ['has an overhead', pod([c({ cpu: '1' })], { overhead: { cpu: '1' } }), { cpuShares: 2048 }],
]
for (const [why, p, expected] of pods) test(`a pod ${why}`, () => assert.deepEqual(podResources(p), expected))
