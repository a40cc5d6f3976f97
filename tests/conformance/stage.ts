// Where the conformance behaviours of the reference are played: a whole cluster in the process on a clock turned by hand, asked with the
// requests that any client sends. Every behaviour has a namespace of its own and the name that the reference gives it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ApiRequest, ApiResponse, User } from '#machinery'
import { TestCluster, type TestClusterOptions } from '#testing'
import { collect, type Answer, type Body } from '../../src/server/contract-kit.ts'

export type { Body } from '../../src/server/contract-kit.ts'
type Behaviour = (name: string, play: (stage: Stage, namespace: string) => Promise<void>) => void

/** The behaviours of one part: `behaviour('should ...')` is the reference's `[sig-...] Part should ... [Conformance]`. */
export function conformance(part: string, options: TestClusterOptions, define: (behaviour: Behaviour) => void): void {
  describe(part, () => {
    let stage: Stage, namespaces = 0
    before(async () => { stage = new Stage(await TestCluster.start(options)) })
    after(() => stage.cluster.stop())
    define((name, play) => { test(`${part} ${name} [Conformance]`, async () => {
      const namespace = `ns-${++namespaces}`
      await stage.make('/api/v1/namespaces', { metadata: { name: namespace } })
      await stage.cluster.clock.advance(1000)
      await play(stage, namespace)
    }) })
  })
}

const admin: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }
/** Longer than any controller takes, in the cluster's time. */
const longestSeconds = 120

export class Stage {
  readonly cluster: TestCluster
  constructor(cluster: TestCluster) { this.cluster = cluster }

  /** One request, as its bytes; who has no user is who the headers say. */
  send(line: string, body?: unknown, headers: Record<string, string> = {}, user: User | undefined = headers['authorization'] ? undefined : admin): Promise<ApiResponse> {
    const [method, url] = line.split(' ') as [ApiRequest['method'], string], [path, query = ''] = url.split('?') as [string, string?]
    const type = body === undefined ? {} : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }
    const bytes = body === undefined ? undefined : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
    return this.cluster.plane.handler({ method, path, query, headers: { 'user-agent': 'e2e.test/v1.36.2', ...type, ...headers }, body: bytes, remote: '192.0.2.7', ...(user && { user }) })
  }
  async ask(...[line, body, headers, user]: Parameters<Stage['send']>): Promise<Answer> {
    const response = await this.send(line, body, headers, user)
    const text = response.body.type === 'bytes' ? response.body.chunks.map((c) => new TextDecoder().decode(c)).join('') : ''
    return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) as Body : {}, headers: response.headers }
  }
  /** What must succeed; its body. */
  async ok(...given: Parameters<Stage['send']>): Promise<Body> {
    const { status, text, body } = await this.ask(...given)
    assert.ok(status >= 200 && status < 300, `${given[0]}: ${status} ${text}`)
    return body
  }
  /** What must be refused: with this status and words. */
  async refused(status: number, words: RegExp, ...given: Parameters<Stage['send']>): Promise<Body> {
    const { body, ...answer } = await this.ask(...given)
    assert.equal(answer.status, status, `${given[0]}: ${answer.status} ${answer.text}`)
    assert.match(String(body['message']), words)
    return body
  }
  get(path: string): Promise<Body> { return this.ok(`GET ${path}`) }
  make(path: string, object: object, query = ''): Promise<Body> { return this.ok(`POST ${path}${query}`, object) }
  merge(path: string, patch: object): Promise<Body> { return this.ok(`PATCH ${path}`, patch) }
  put(path: string, object: object): Promise<Body> { return this.ok(`PUT ${path}`, object) }
  remove(path: string, options?: object): Promise<Body> { return this.ok(`DELETE ${path}`, options) }
  async gone(path: string): Promise<void> { await this.until(path, (_, status) => status === 404) }
  async items(path: string): Promise<Body[]> { return (await this.get(path))['items'] as Body[] }
  async names(path: string): Promise<string[]> { return (await this.items(path)).map((o) => String(o['metadata'].name)).sort() }

  /** Lets time pass until an answer is as wanted. */
  async until(path: string, wanted: (body: Body, status: number) => unknown): Promise<Body> {
    for (let second = 0; ; second++) {
      const { body, status, text } = await this.ask(`GET ${path}`)
      if (wanted(body, status)) return body
      if (second === longestSeconds) assert.fail(`${path} never became as wanted: ${text}`)
      await this.cluster.clock.advance(1000)
    }
  }
  /** An open watch: what it has seen, in words. */
  async watch(path: string) {
    const response = await this.send(`GET ${path}${path.includes('?') ? '&' : '?'}watch=true`)
    const opened = collect(response)
    const { cluster } = this
    return {
      ...opened,
      /** Lets time pass until so many events have come. */
      async see(count: number): Promise<string[]> {
        for (let second = 0; opened.events.length < count && second < longestSeconds; second++) await cluster.clock.advance(1000)
        assert.ok(opened.events.length >= count, `${path}: ${count} events were expected: ${opened.seen().join(', ')}`)
        return opened.seen()
      },
    }
  }
}

/** Discovery must name these resources, each with these verbs at least. */
export async function discovered(stage: Stage, group: string, version: string, resources: readonly string[]): Promise<void> {
  const groups = await stage.get('/apis')
  assert.ok(groups['groups'].some((g: Body) => g['name'] === group && g['versions'].some((v: Body) => v['version'] === version)), `${group} is in /apis`)
  const one = await stage.get(`/apis/${group}`)
  assert.ok(one['versions'].some((v: Body) => v['groupVersion'] === `${group}/${version}` && v['version'] === version), `${version} is in /apis/${group}`)
  const list = await stage.get(`/apis/${group}/${version}`)
  const names = list['resources'].map((r: Body) => r['name'])
  for (const resource of resources) assert.ok(names.includes(resource), `${resource} is among ${names.join(' ')}`)
}

/** What "must support create, get, list, watch, update, patch, delete and deletecollection" means, for objects that nobody else changes. */
export async function apiOperations(stage: Stage, path: string, object: (name: string) => Body): Promise<void> {
  const labelled = (name: string): Body => ({ ...object(name), metadata: { ...object(name)['metadata'], name, labels: { 'e2e-test': 'operations' } } })
  const names = ['op-a', 'op-b', 'op-c'], all = `${path}?labelSelector=e2e-test%3Doperations`
  const made = await stage.make(path, labelled(names[0]!))
  await stage.make(path, labelled(names[1]!))
  await stage.make(path, labelled(names[2]!))
  assert.equal((await stage.get(`${path}/op-a`))['metadata'].uid, made['metadata'].uid)
  assert.deepEqual(await stage.names(all), names)
  const watch = await stage.watch(`${all}&resourceVersion=${(await stage.get(all))['metadata'].resourceVersion}`)
  const patched = await stage.merge(`${path}/op-a`, { metadata: { annotations: { patched: 'true' } } })
  assert.equal(patched['metadata'].annotations.patched, 'true')
  const updated = await stage.put(`${path}/op-a`, { ...patched, metadata: { ...patched['metadata'], annotations: { patched: 'true', updated: 'true' } } })
  assert.deepEqual(updated['metadata'].annotations, { patched: 'true', updated: 'true' })
  assert.deepEqual(await watch.see(2), ['MODIFIED op-a', 'MODIFIED op-a'])
  assert.deepEqual(watch.events.map((e) => e.object['metadata'].annotations), [{ patched: 'true' }, { patched: 'true', updated: 'true' }])
  await stage.remove(`${path}/op-a`)
  await stage.gone(`${path}/op-a`)
  assert.equal((await watch.see(3)).at(-1), 'DELETED op-a')
  await stage.ok(`DELETE ${all}`)
  for (const name of names) await stage.gone(`${path}/${name}`)
  assert.deepEqual(await stage.names(all), [])
  watch.stop()
}
