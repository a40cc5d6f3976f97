// What the behaviours of all workloads share: their paths, a pod template, and the three things that every one of them can do.
import assert from 'node:assert/strict'
import type { Body, Stage } from './stage.ts'

export const core = (namespace: string, resource: string) => `/api/v1/namespaces/${namespace}/${resource}`
export const apps = (namespace: string, resource: string) => `/apis/apps/v1/namespaces/${namespace}/${resource}`
export const batch = (namespace: string, resource: string) => `/apis/batch/v1/namespaces/${namespace}/${resource}`
export const strategic = { 'content-type': 'application/strategic-merge-patch+json' }

export const template = (labels: Readonly<Record<string, string>>, spec: object = {}, image = 'httpd:2.4.38-4') => ({ metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image }], ...spec } })
/** A Deployment, ReplicaSet, StatefulSet or DaemonSet of these labels. */
export const workload = (name: string, labels: Readonly<Record<string, string>>, spec: object = {}, image?: string) =>
  ({ metadata: { name, labels }, spec: { selector: { matchLabels: labels }, template: template(labels, {}, image), ...spec } })
export const pods = (stage: Stage, namespace: string, selector = ''): Promise<Body[]> => stage.items(`${core(namespace, 'pods')}${selector && `?labelSelector=${encodeURIComponent(selector)}`}`)
export const isReady = (p: Body): boolean => p['status'].conditions?.some((c: Body) => c['type'] === 'Ready' && c['status'] === 'True') ?? false
/** Waits until so many pods, and no others, are ready. */
export const ready = (stage: Stage, namespace: string, count: number) => stage.until(core(namespace, 'pods'), ({ items }) => items.length === count && items.every(isReady))
export const controllerOf = (object: Body): Body | undefined => object['metadata'].ownerReferences?.find((o: Body) => o['controller'])
/** Gives a workload's container another image. */
export const image = (stage: Stage, path: string, to: string) => stage.ok(`PATCH ${path}`, { spec: { template: { spec: { containers: [{ name: 'main', image: to }] } } } }, strategic)

/** Its size is read, set and patched by /scale. */
export async function scales(stage: Stage, path: string): Promise<void> {
  const scale = await stage.get(`${path}/scale`)
  assert.deepEqual([scale['kind'], scale['apiVersion'], scale['spec'].replicas, scale['status'].replicas], ['Scale', 'autoscaling/v1', 1, 1])
  const { resourceVersion: _, ...metadata } = scale['metadata']
  assert.equal((await stage.put(`${path}/scale`, { ...scale, metadata, spec: { replicas: 2 } }))['spec'].replicas, 2)
  assert.equal((await stage.get(path))['spec'].replicas, 2)
  assert.equal((await stage.merge(`${path}/scale`, { spec: { replicas: 4 } }))['spec'].replicas, 4)
  assert.equal((await stage.get(path))['spec'].replicas, 4)
}

/** Its status is read, updated and patched by /status, and watchers see it. */
export async function hasStatus(stage: Stage, path: string, name: string): Promise<void> {
  const one = `${path}/${name}`, watch = await stage.watch(path)
  assert.equal((await stage.get(`${one}/status`))['metadata'].name, name)
  const seen = (type: string) => stage.until(one, () => watch.events.some(({ object }) => object['status']?.conditions?.some((c: Body) => c['type'] === type)))
  const before = await stage.get(`${one}/status`)
  const updated = await stage.put(`${one}/status`, { ...before, status: { ...before['status'], conditions: [...(before['status'].conditions ?? []), { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] } })
  assert.ok(updated['status'].conditions.some((c: Body) => c['type'] === 'StatusUpdate' && c['message'] === 'Set from e2e test'))
  await seen('StatusUpdate')
  const patched = await stage.ok(`PATCH ${one}/status`, { status: { conditions: [{ type: 'StatusPatched', status: 'True' }] } })
  assert.deepEqual(patched['status'].conditions.map((c: Body) => c['type']), ['StatusPatched'])
  await seen('StatusPatched')
  watch.stop()
}

/** Several of them are listed in all namespaces, and deleted as a collection. */
export async function goesAsCollection(stage: Stage, path: string, everywhere: string, selector: string, count: number): Promise<void> {
  const query = `?labelSelector=${encodeURIComponent(selector)}`
  const here = (items: Body[]) => items.filter((o) => path.includes(`/namespaces/${o['metadata'].namespace}/`)).length
  assert.equal(here(await stage.items(everywhere + query)), count)
  await stage.ok(`DELETE ${path}${query}`)
  await stage.until(everywhere + query, ({ items }) => here(items) === 0)
}
