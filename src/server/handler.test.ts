// A whole server in the process, asked as clients ask it: tables of requests and what comes back. No sockets, no waiting.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, kinds, pod } from '#kinds'
import { seeded, silent, type ApiRequest, type ApiResponse, type Clock, type StreamSink, type WatchEvent } from '#machinery'
import { memoryEngine, openStore } from '#store'
import { allowAll, authenticatorChain, createApiServer, createObjects, type AdmissionPlugin } from './index.ts'

type Body = Record<string, any> // allowed: whatever JSON came back
interface Answer { readonly status: number; readonly body: Body; readonly text: string; readonly headers: ApiResponse['headers'] }
type Ask = (line: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

/** Time that passes only when told. */
class HandClock implements Clock {
  #now = Date.UTC(2026, 0, 1)
  #timers: { at: number; run: () => void }[] = []
  now() { return this.#now }
  after(ms: number, run: () => void) {
    const timer = { at: this.#now + ms, run }
    this.#timers.push(timer)
    return () => { this.#timers = this.#timers.filter((t) => t !== timer) }
  }
  pass(ms: number) {
    this.#now += ms
    for (const due of this.#timers.filter((t) => t.at <= this.#now)) { this.#timers = this.#timers.filter((t) => t !== due); due.run() }
  }
}

async function start({ admission = [] }: { admission?: readonly AdmissionPlugin[] } = {}) {
  const clock = new HandClock()
  const store = await openStore({ engine: memoryEngine(), clock })
  const objects = createObjects({ store, clock, freeze: true })
  const { handler } = createApiServer({
    objects, clock, random: seeded(7), log: silent, kinds, admission, authorizer: allowAll, authenticator: authenticatorChain([], { anonymous: true, log: silent }),
  })
  const send = (line: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiResponse> => {
    const [method, url] = line.split(' ') as [ApiRequest['method'], string]
    const [path, query = ''] = url.split('?') as [string, string?]
    const type = method === 'PATCH' && !headers['content-type'] ? { 'content-type': 'application/merge-patch+json' } : {}
    const bytes = body === undefined ? undefined : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
    return handler({ method, path, query, headers: { 'user-agent': 'test/1', ...type, ...headers }, body: bytes })
  }
  const ask: Ask = async (line, body, headers) => {
    const response = await send(line, body, headers)
    const text = response.body.type === 'bytes' ? response.body.chunks.map((c) => new TextDecoder().decode(c)).join('') : ''
    return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) as Body : {}, headers: response.headers }
  }
  return { clock, store, objects, handler, send, ask }
}

const maps = '/api/v1/namespaces/n/configmaps'
const map = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more } })

/** Lines of a watch as they are written. */
function collect(response: ApiResponse, options: { slow?: true } = {}) {
  assert.equal(response.body.type, 'stream')
  const events: { type: string; object: Body }[] = []
  let ended = false
  let drain: (() => void) | undefined
  const sink: StreamSink = {
    write(chunk) {
      for (const line of new TextDecoder().decode(chunk).trimEnd().split('\n')) events.push(JSON.parse(line) as { type: string; object: Body })
      return !options.slow
    },
    end() { ended = true },
    drained(run) { drain = run },
  }
  const stop = (response.body as Extract<ApiResponse['body'], { type: 'stream' }>).open(sink)
  return { events, isEnded: () => ended, drain: () => { const run = drain; drain = undefined; run?.() }, stop, seen: () => events.map((e) => `${e.type} ${e.object.metadata?.name ?? e.object.reason ?? ''}`.trim()) }
}

test('an object lives from POST to DELETE', async () => {
  const { ask } = await start()
  const made = await ask(`POST ${maps}`, { ...map('a'), data: { k: '1' } })
  assert.equal(made.status, 201)
  assert.equal(made.body.metadata.creationTimestamp, '2026-01-01T00:00:00Z')
  assert.equal(made.body.metadata.namespace, 'n')
  assert.match(made.body.metadata.uid, /^[0-9a-f-]{36}$/)
  const read = await ask(`GET ${maps}/a`)
  assert.deepEqual(read.body, made.body)
  const changed = await ask(`PATCH ${maps}/a`, { data: { l: '2' } })
  assert.deepEqual(changed.body.data, { k: '1', l: '2' })
  assert.notEqual(changed.body.metadata.resourceVersion, made.body.metadata.resourceVersion)
  const gone = await ask(`DELETE ${maps}/a`)
  assert.deepEqual(gone.body, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: 'a', kind: 'configmaps', uid: made.body.metadata.uid } })
  assert.equal((await ask(`GET ${maps}/a`)).status, 404)
})

for (const [what, line, body, headers, status, message] of [
  ['an unknown resource', 'GET /api/v1/nothings', undefined, {}, 404, 'the server could not find the requested resource'],
  ['an unknown version of a group', 'GET /apis/apps/v9/deployments', undefined, {}, 404, 'the server could not find the requested resource'],
  ['a method that the resource does not have', 'POST /api/v1/configmaps', map('a'), {}, 405, 'the server does not allow this method on the requested resource'],
  ['a missing object', `GET ${maps}/none`, undefined, {}, 404, 'configmaps "none" not found'],
  ['a missing object of a group', 'GET /apis/apps/v1/namespaces/n/deployments/none', undefined, {}, 404, 'deployments.apps "none" not found'],
  ['a name with a slash', `GET ${maps}/a%2Fb`, undefined, {}, 400, 'Name parameter invalid: "a/b": may not contain \'/\''],
  ['an Accept that nothing fits', `GET ${maps}/a`, undefined, { accept: 'image/png' }, 406, '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf'],
  ['a projection that does not exist', `GET ${maps}/a`, undefined, { accept: 'application/json;as=Bogus;v=v1;g=meta.k8s.io' }, 406, 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf'],
  ['a body of unknown type', `POST ${maps}`, map('a'), { 'content-type': 'text/plain' }, 415, 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf'],
  ['a patch of unknown type', `PATCH ${maps}/a`, {}, { 'content-type': 'application/json' }, 415, '415: Unsupported Media Type'],
  ['a truncated body', `POST ${maps}`, '{"apiVersion":"v1"', {}, 400, 'the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"apiVersion":"v1")'],
  ['another kind', `POST ${maps}`, { apiVersion: 'v1', kind: 'Secret' }, {}, 400, 'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion'],
  ['a kind that does not exist', `POST ${maps}`, { apiVersion: 'v2', kind: 'ConfigMap' }, {}, 400, 'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"'],
  ['no name', `POST ${maps}`, { metadata: {} }, {}, 422, 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'],
  ['another namespace than the URL\'s', `POST ${maps}`, map('a', { namespace: 'm' }), {}, 400, 'the namespace of the provided object does not match the namespace sent on the request'],
  ['another name than the URL\'s', `PUT ${maps}/a`, map('b'), {}, 400, 'the name of the object (b) does not match the name on the URL (a)'],
  ['an unknown field under strict validation', `POST ${maps}?fieldValidation=Strict`, { ...map('a'), datta: {} }, {}, 400, 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datta"'],
  ['a number that is none', `GET ${maps}?limit=x`, undefined, {}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['a version that is none', `GET ${maps}/a?resourceVersion=x`, undefined, {}, 500, 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'],
  ['a field that cannot be selected by', `GET ${maps}?fieldSelector=data.x=1`, undefined, {}, 400, '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ['a version match without a version', `GET ${maps}?resourceVersionMatch=Exact`, undefined, {}, 422, 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'],
] as const) {
  test(`${what} is refused in the reference's words`, async () => {
    const { ask } = await start()
    const answer = await ask(line, body, headers)
    assert.equal(answer.status, status)
    assert.equal(answer.body.message, message)
    assert.equal(answer.body.code, status)
  })
}

test('what is no API path is answered as Go\'s router does', async () => {
  const { ask } = await start()
  for (const path of ['/nothing', '/apis/none.example/v1/things', '/API/v1']) {
    const answer = await ask(`GET ${path}`)
    assert.equal(answer.status, 404)
    assert.equal(answer.text, '404 page not found\n')
  }
})

test('unknown and repeated fields come back as warnings unless the client wants otherwise', async () => {
  const { ask } = await start()
  const body = '{"metadata":{"name":"a","name":"b"},"datta":{}}'
  assert.deepEqual((await ask(`POST ${maps}?dryRun=All`, body)).headers.warning, ['299 - "duplicate field \\"metadata.name\\""', '299 - "unknown field \\"datta\\""'])
  assert.equal((await ask(`POST ${maps}?dryRun=All&fieldValidation=Ignore`, body)).headers.warning, undefined)
})

test('a second object of the same name is refused, and one that is going away says so', async () => {
  const { ask } = await start()
  await ask(`POST ${maps}`, map('a', { finalizers: ['x.example/y'] }))
  assert.equal((await ask(`POST ${maps}`, map('a'))).body.message, 'configmaps "a" already exists')
  await ask(`DELETE ${maps}/a`)
  assert.equal((await ask(`POST ${maps}`, map('a'))).body.message, 'object is being deleted: configmaps "a" already exists')
})

test('a generated name has five letters of chance and fits in 63', async () => {
  const { ask } = await start()
  assert.match((await ask(`POST ${maps}`, { metadata: { generateName: 'gen-' } })).body.metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  assert.equal((await ask(`POST ${maps}`, { metadata: { generateName: 'l'.repeat(80) } })).body.metadata.name.length, 63)
})

test('a dry run answers as if, and stores nothing', async () => {
  const { ask, store } = await start()
  await ask(`POST ${maps}`, map('a'))
  const { revision } = store
  assert.equal((await ask(`POST ${maps}?dryRun=All`, map('b'))).status, 201)
  assert.equal((await ask(`PATCH ${maps}/a?dryRun=All`, { data: { x: '1' } })).body.data.x, '1')
  assert.equal((await ask(`DELETE ${maps}/a?dryRun=All`)).status, 200)
  assert.equal((await ask(`DELETE ${maps}/a`, { dryRun: ['All'] })).status, 200)
  assert.equal((await ask(`DELETE ${maps}?dryRun=All`)).status, 200)
  assert.equal(store.revision, revision)
})

test('a write that names an old version is a conflict; one that names none is not', async () => {
  const { ask } = await start()
  const { body: made } = await ask(`POST ${maps}`, map('a'))
  await ask(`PATCH ${maps}/a`, { data: { x: '1' } })
  const late = await ask(`PUT ${maps}/a`, map('a', { resourceVersion: made.metadata.resourceVersion }))
  assert.equal(late.status, 409)
  assert.equal(late.body.message, 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again')
  assert.equal((await ask(`PATCH ${maps}/a`, { metadata: { resourceVersion: made.metadata.resourceVersion } })).status, 409)
  assert.equal((await ask(`PUT ${maps}/a`, map('a'))).status, 200)
})

test('writers that race with patches all get through', async () => {
  const { ask } = await start()
  await ask(`POST ${maps}`, map('a'))
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(`PATCH ${maps}/a`, { data: { [`k${i}`]: '1' } })))
  assert.deepEqual(answers.map((a) => a.status), Array.from({ length: 10 }, () => 200))
  assert.equal(Object.keys((await ask(`GET ${maps}/a`)).body.data).length, 10)
})

test('a write that changes nothing makes no new version', async () => {
  const { ask, clock } = await start()
  const { body: made } = await ask(`POST ${maps}`, { ...map('a'), data: { k: '1' } })
  clock.pass(60_000)
  assert.equal((await ask(`PUT ${maps}/a`, { ...map('a'), data: { k: '1' } })).body.metadata.resourceVersion, made.metadata.resourceVersion)
  assert.equal((await ask(`PATCH ${maps}/a`, {})).body.metadata.resourceVersion, made.metadata.resourceVersion)
})

test('status and the rest are written apart, and generation counts changes of spec', async () => {
  const { ask } = await start()
  const deployments = '/apis/apps/v1/namespaces/n/deployments'
  const spec = { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } }
  const made = await ask(`POST ${deployments}`, { metadata: { name: 'd' }, spec, status: { replicas: 9 } })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(made.body.status, {})
  assert.equal(made.body.metadata.generation, 1)
  assert.equal((await ask(`PATCH ${deployments}/d`, { spec: { replicas: 3 }, status: { replicas: 9 } })).body.metadata.generation, 2)
  const { body } = await ask(`PATCH ${deployments}/d/status`, { spec: { replicas: 5 }, status: { replicas: 7, observedGeneration: 2 } })
  assert.equal(body.spec.replicas, 3)
  assert.equal(body.status.replicas, 7)
  assert.equal(body.metadata.generation, 2)
  assert.deepEqual((await ask(`GET ${deployments}/d/scale`)).body.status, { replicas: 7, selector: 'a=b' })
  assert.equal((await ask(`PATCH ${deployments}/d/scale`, { spec: { replicas: 4 } })).body.spec.replicas, 4)
  assert.equal((await ask(`GET ${deployments}/d`)).body.spec.replicas, 4)
})

test('finalizers hold a deleted object until the last is gone', async () => {
  const { ask } = await start()
  await ask(`POST ${maps}`, map('a', { finalizers: ['x.example/one', 'x.example/two'] }))
  const deleted = await ask(`DELETE ${maps}/a`)
  assert.equal(deleted.body.kind, 'ConfigMap')
  assert.equal(deleted.body.metadata.deletionTimestamp, '2026-01-01T00:00:00Z')
  assert.equal(deleted.body.metadata.deletionGracePeriodSeconds, 0)
  assert.match((await ask(`PATCH ${maps}/a`, { metadata: { finalizers: ['x.example/one', 'x.example/two', 'x.example/new'] } })).body.message, /no new finalizers can be added if the object is being deleted/)
  assert.equal((await ask(`PATCH ${maps}/a`, { metadata: { finalizers: ['x.example/two'] } })).status, 200)
  assert.equal((await ask(`GET ${maps}/a`)).status, 200)
  assert.equal((await ask(`PATCH ${maps}/a`, { metadata: { finalizers: [] } })).status, 200)
  assert.equal((await ask(`GET ${maps}/a`)).status, 404)
})

for (const [policy, finalizers] of [['Orphan', ['orphan']], ['Foreground', ['foregroundDeletion']]] as const) {
  test(`deletion with propagationPolicy ${policy} leaves the object to the garbage collector`, async () => {
    const { ask } = await start()
    await ask(`POST ${maps}`, map('a'))
    assert.deepEqual((await ask(`DELETE ${maps}/a`, { propagationPolicy: policy })).body.metadata.finalizers, finalizers)
    assert.deepEqual((await ask(`GET ${maps}/a`)).body.metadata.finalizers, finalizers)
  })
}

test('a delete with preconditions deletes only what they name', async () => {
  const { ask } = await start()
  const { body: made } = await ask(`POST ${maps}`, map('a'))
  assert.match((await ask(`DELETE ${maps}/a`, { preconditions: { uid: 'other' } })).body.message, /the UID in the precondition \(other\) does not match the UID in record/)
  assert.match((await ask(`DELETE ${maps}/a`, { preconditions: { resourceVersion: '1' } })).body.message, /the ResourceVersion in the precondition \(1\) does not match/)
  const { uid, resourceVersion } = made.metadata
  assert.equal((await ask(`DELETE ${maps}/a`, { preconditions: { uid, resourceVersion } })).status, 200)
})

test('a pod on a node has time to end, one that is nowhere has not', async () => {
  const { ask } = await start()
  const pods = '/api/v1/namespaces/n/pods'
  const podOf = (name: string, nodeName?: string) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...(nodeName && { nodeName }) } })
  await ask(`POST ${pods}`, podOf('here', 'node'))
  await ask(`POST ${pods}`, podOf('nowhere'))
  const ending = await ask(`DELETE ${pods}/here`)
  assert.equal(ending.body.metadata.deletionGracePeriodSeconds, 30)
  assert.equal(ending.body.metadata.deletionTimestamp, '2026-01-01T00:00:30Z')
  assert.equal((await ask(`DELETE ${pods}/here`, { gracePeriodSeconds: 90 })).body.metadata.deletionGracePeriodSeconds, 30)
  assert.equal((await ask(`DELETE ${pods}/here?gracePeriodSeconds=5`)).body.metadata.deletionTimestamp, '2026-01-01T00:00:05Z')
  assert.equal((await ask(`DELETE ${pods}/here?gracePeriodSeconds=0`)).status, 200)
  assert.equal((await ask(`GET ${pods}/here`)).status, 404)
  await ask(`DELETE ${pods}/nowhere`)
  assert.equal((await ask(`GET ${pods}/nowhere`)).status, 404)
})

test('a deleted namespace stays until its finalizers are taken from its spec', async () => {
  const { ask } = await start()
  await ask('POST /api/v1/namespaces', { metadata: { name: 'n' } })
  assert.equal((await ask('DELETE /api/v1/namespaces/n')).body.status.phase, 'Terminating')
  assert.equal((await ask('GET /api/v1/namespaces/n')).status, 200)
  assert.equal((await ask('PUT /api/v1/namespaces/n/finalize', { metadata: { name: 'n' }, spec: { finalizers: [] } })).status, 200)
  assert.equal((await ask('GET /api/v1/namespaces/n')).status, 404)
})

test('a collection is deleted as far as its selectors reach', async () => {
  const { ask } = await start()
  for (const [name, l] of [['a', 'x'], ['b', 'y'], ['c', 'x']] as const) await ask(`POST ${maps}`, map(name, { labels: { l } }))
  assert.deepEqual((await ask(`DELETE ${maps}?labelSelector=l=x`)).body.items.map((i: Body) => i.metadata.name), ['a', 'c'])
  assert.deepEqual((await ask(`GET ${maps}`)).body.items.map((i: Body) => i.metadata.name), ['b'])
})

test('pages of a list show one moment, whatever happens meanwhile', async () => {
  const { ask } = await start()
  for (const name of ['a', 'b', 'c', 'd', 'e']) await ask(`POST ${maps}`, map(name))
  const first = await ask(`GET ${maps}?limit=2`)
  assert.equal(first.body.metadata.remainingItemCount, 3)
  await ask(`POST ${maps}`, map('bb'))
  await ask(`DELETE ${maps}/e`)
  const second = await ask(`GET ${maps}?limit=2&continue=${first.body.metadata.continue}`)
  const third = await ask(`GET ${maps}?limit=2&continue=${second.body.metadata.continue}`)
  assert.deepEqual([...first.body.items, ...second.body.items, ...third.body.items].map((i: Body) => i.metadata.name), ['a', 'b', 'c', 'd', 'e'])
  assert.equal(third.body.metadata.continue, undefined)
  assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
})

test('a continue token whose moment is compacted is answered 410 with one that goes on from now', async () => {
  const { ask, store } = await start()
  for (const name of ['a', 'b', 'c']) await ask(`POST ${maps}`, map(name))
  const first = await ask(`GET ${maps}?limit=1`)
  await ask(`POST ${maps}`, map('bb'))
  await store.compact(store.revision)
  const late = await ask(`GET ${maps}?limit=9&continue=${first.body.metadata.continue}`)
  assert.equal(late.status, 410)
  assert.equal(late.body.reason, 'Expired')
  const rest = await ask(`GET ${maps}?limit=9&continue=${late.body.metadata.continue}`)
  assert.deepEqual(rest.body.items.map((i: Body) => i.metadata.name), ['b', 'bb', 'c'])
})

test('the past can be listed exactly, the future not at all', async () => {
  const { ask } = await start()
  const { body: made } = await ask(`POST ${maps}`, { ...map('a'), data: { v: '1' } })
  await ask(`PATCH ${maps}/a`, { data: { v: '2' } })
  const { resourceVersion } = made.metadata
  assert.equal((await ask(`GET ${maps}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`)).body.items[0].data.v, '1')
  assert.equal((await ask(`GET ${maps}?resourceVersion=${resourceVersion}`)).body.items[0].data.v, '2')
  const ahead = await ask(`GET ${maps}?resourceVersion=999999`)
  assert.equal(ahead.status, 504)
  assert.equal(ahead.headers['retry-after'], '1')
})

test('items of lists carry no kind; a large list is the same as a small one', async () => {
  const { ask } = await start()
  for (let i = 0; i < 50; i++) await ask(`POST ${maps}`, { ...map(`m${i}`), data: { filler: 'äöü'.repeat(2000) } })
  const { body, text } = await ask(`GET ${maps}`)
  assert.equal(body.kind, 'ConfigMapList')
  assert.equal(body.items.length, 50)
  assert.ok(body.items.every((i: Body) => i.kind === undefined && i.metadata.resourceVersion !== undefined && i.data.filler.startsWith('äöü')))
  assert.ok(text.endsWith(']}\n'))
})

test('a watch shows changes after its version, and selectors make them arrivals and departures', async () => {
  const { ask, send } = await start()
  const { body: first } = await ask(`POST ${maps}`, map('a', { labels: { l: 'x' } }))
  await ask(`PATCH ${maps}/a`, { metadata: { labels: { l: 'y' } } })
  const all = collect(await send(`GET ${maps}?watch=1&resourceVersion=${first.metadata.resourceVersion}`))
  const xs = collect(await send(`GET ${maps}?watch=1&resourceVersion=${first.metadata.resourceVersion}&labelSelector=l=x`))
  const named = collect(await send(`GET ${maps}?watch=1&fieldSelector=metadata.name=b`))
  assert.deepEqual(all.seen(), ['MODIFIED a'])
  await ask(`PATCH ${maps}/a`, { metadata: { labels: { l: 'x' } } })
  await ask(`POST ${maps}`, map('b'))
  await ask('POST /api/v1/namespaces/m/configmaps', map('b', { labels: { l: 'x' } }))
  await ask(`DELETE ${maps}/a`)
  assert.deepEqual(all.seen(), ['MODIFIED a', 'MODIFIED a', 'ADDED b', 'DELETED a'])
  assert.deepEqual(xs.seen(), ['DELETED a', 'ADDED a', 'DELETED a'])
  assert.deepEqual(xs.events[0]!.object.metadata.labels, { l: 'x' }, 'a departure shows the last object that matched')
  assert.deepEqual(named.seen(), ['ADDED b'])
})

test('a watch without a version begins with what there is; with sendInitialEvents it says when that is over', async () => {
  const { ask, send } = await start()
  await ask(`POST ${maps}`, map('a'))
  await ask(`POST ${maps}`, map('b'))
  assert.deepEqual(collect(await send(`GET ${maps}?watch=1`)).seen(), ['ADDED a', 'ADDED b'])
  const { events } = collect(await send(`GET ${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`))
  assert.deepEqual(events.map((e) => e.type), ['ADDED', 'ADDED', 'BOOKMARK'])
  assert.deepEqual(events[2]!.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
})

test('a watch from a forgotten version is told to list again', async () => {
  const { ask, send, store } = await start()
  const { body } = await ask(`POST ${maps}`, map('a'))
  await ask(`PATCH ${maps}/a`, { data: { x: '1' } })
  await store.compact(store.revision)
  const watch = collect(await send(`GET ${maps}?watch=1&resourceVersion=${Number(body.metadata.resourceVersion) - 1}`))
  assert.deepEqual(watch.seen(), ['ERROR Expired'])
  assert.equal(watch.events[0]!.object.code, 410)
  assert.ok(watch.isEnded())
})

test('bookmarks keep a quiet watch fresh, and its time ends it', async () => {
  const { ask, send, clock } = await start()
  await ask(`POST ${maps}`, map('a'))
  const watch = collect(await send(`GET ${maps}?watch=1&resourceVersion=2&allowWatchBookmarks=true&timeoutSeconds=90`))
  await ask('POST /api/v1/namespaces/m/configmaps', map('b'))
  clock.pass(60_000)
  assert.deepEqual(watch.events.map((e) => [e.type, e.object.metadata.resourceVersion]), [['BOOKMARK', '3']])
  clock.pass(30_000)
  assert.ok(watch.isEnded())
})

test('a slow watcher is served when it can read again, in order, and holds up nobody', async () => {
  const { ask, send } = await start()
  const slow = collect(await send(`GET ${maps}?watch=1&resourceVersion=1`), { slow: true })
  const quick = collect(await send(`GET ${maps}?watch=1&resourceVersion=1`))
  for (const name of ['a', 'b', 'c']) await ask(`POST ${maps}`, map(name))
  assert.deepEqual(quick.seen(), ['ADDED a', 'ADDED b', 'ADDED c'])
  assert.deepEqual(slow.seen(), ['ADDED a'])
  slow.drain()
  slow.drain()
  assert.deepEqual(slow.seen(), ['ADDED a', 'ADDED b', 'ADDED c'])
})

test('tables and metadata alone can be asked for, and watched', async () => {
  const { ask, send } = await start()
  await ask(`POST ${maps}`, { ...map('a'), data: { x: '1' } })
  const table = (await ask(`GET ${maps}`, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' })).body
  assert.deepEqual(table.columnDefinitions.map((c: Body) => c.name), ['Name', 'Data', 'Age'])
  assert.deepEqual(table.rows[0].cells, ['a', 1, '0s'])
  assert.equal(table.rows[0].object.kind, 'PartialObjectMetadata')
  const partial = (await ask(`GET ${maps}/a`, undefined, { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' })).body
  assert.deepEqual(Object.keys(partial), ['kind', 'apiVersion', 'metadata'])
  const watch = collect(await send(`GET ${maps}?watch=1`, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }))
  await ask(`POST ${maps}`, map('b'))
  assert.equal(watch.events[0]!.object.columnDefinitions.length, 3)
  assert.equal(watch.events[1]!.object.columnDefinitions, null)
})

test('a direct caller gets shared values, and a watch of them', async () => {
  const { ask, handler, objects } = await start()
  await ask(`POST ${maps}`, map('a'))
  const direct = (method: ApiRequest['method'], path: string, query = '', body?: object) =>
    handler({ method, path, query, headers: {}, body: body && { object: body }, direct: true, user: { name: 'me', groups: [] } })
  const read = await direct('GET', `${maps}/a`)
  assert.equal(read.body.type === 'value' && read.body.value, objects.get(configMap, 'a', 'n'), 'the very object that the cache holds')
  const watch = await direct('GET', maps, 'watch=1')
  const events: WatchEvent[] = []
  assert.equal(watch.body.type, 'watch')
  if (watch.body.type === 'watch') watch.body.open({ event: (e) => { events.push(e) }, end() {} })
  const given = { metadata: { name: 'b' }, data: { x: '1' } }
  const made = await direct('POST', maps, '', given)
  assert.deepEqual(given, { metadata: { name: 'b' }, data: { x: '1' } }, 'what is given is never changed')
  assert.deepEqual(events.map((e) => `${e.type} ${e.object.metadata.name}`), ['ADDED a', 'ADDED b'])
  assert.equal(made.body.type === 'value' && made.body.value, events[1]!.object)
})

test('admission may change what is written and refuse it, also when the write is tried again', async () => {
  const seen: string[] = []
  const plugin: AdmissionPlugin = {
    name: 'Test', handles: (_operation, kind) => kind === configMap,
    mutate({ operation, object }) { seen.push(operation); if (object) object.metadata.labels = { touched: 'yes' } },
    validate({ object }) { if (object?.data && (object.data as Body).bad) throw new Error('refused by the test') },
  }
  const { ask } = await start({ admission: [plugin] })
  assert.deepEqual((await ask(`POST ${maps}`, map('a'))).body.metadata.labels, { touched: 'yes' })
  const refused = await ask(`PATCH ${maps}/a`, { data: { bad: '1' } })
  assert.equal(refused.status, 500)
  assert.equal(refused.body.reason, 'InternalError')
  await ask(`DELETE ${maps}/a`)
  assert.deepEqual(seen, ['CREATE', 'UPDATE', 'DELETE'])
})

test('a pod is bound once', async () => {
  const { ask, objects } = await start()
  const pods = '/api/v1/namespaces/n/pods'
  await ask(`POST ${pods}`, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  assert.equal((await ask(`POST ${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'one' } })).status, 201)
  const bound = objects.get(pod, 'p', 'n')!
  assert.equal(bound.spec.nodeName, 'one')
  assert.equal(bound.status.conditions?.find((c) => c.type === 'PodScheduled')?.status, 'True')
  assert.equal((await ask(`POST ${pods}/p/binding`, { metadata: { name: 'p' }, target: { name: 'two' } })).body.message, 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "one"')
})

test('an eviction takes from the budget, and is refused when there is none left', async () => {
  const { ask, objects } = await start()
  const pods = '/api/v1/namespaces/n/pods', budgets = '/apis/policy/v1/namespaces/n/poddisruptionbudgets'
  for (const name of ['a', 'b']) {
    await ask(`POST ${pods}`, { metadata: { name, labels: { app: 'x' } }, spec: { nodeName: 'm', containers: [{ name: 'c', image: 'i' }] } })
    await ask(`PATCH ${pods}/${name}/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } })
  }
  await ask(`POST ${budgets}`, { metadata: { name: 'pdb' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } })
  await ask(`PATCH ${budgets}/pdb/status`, { status: { observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 } })
  const evict = (name: string) => ask(`POST ${pods}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })
  assert.equal((await evict('a')).status, 201)
  const a = objects.get(pod, 'a', 'n')!
  assert.ok(a.metadata.deletionTimestamp)
  assert.equal(a.status.conditions?.find((c) => c.type === 'DisruptionTarget')?.reason, 'EvictionByEvictionAPI')
  const refused = await evict('b')
  assert.equal(refused.status, 429)
  assert.deepEqual(refused.body.details.causes, [{ reason: 'DisruptionBudget', message: 'The disruption budget pdb needs 1 healthy pods and has 2 currently' }])
})

test('events go by themselves an hour after they were last written', async () => {
  const { ask, store, clock } = await start()
  const events = '/api/v1/namespaces/n/events'
  const made = await ask(`POST ${events}`, { metadata: { name: 'e' }, involvedObject: { kind: 'Pod', namespace: 'n', name: 'p' }, reason: 'Test', message: 'm', type: 'Normal', source: { component: 't' } })
  assert.equal(made.status, 201, made.text)
  const [lease] = store.leases()
  assert.equal(lease!.ttlSeconds, 3660)
  clock.pass(3_661_000)
  await new Promise((resolve) => { setImmediate(resolve) })
  assert.equal((await ask(`GET ${events}/e`)).status, 404)
})

test('discovery names what there is, and the health paths say that it is well', async () => {
  const { ask } = await start()
  assert.deepEqual((await ask('GET /api')).body.versions, ['v1'])
  assert.ok((await ask('GET /apis')).body.groups.some((g: Body) => g.name === 'apps' && g.preferredVersion.groupVersion === 'apps/v1'))
  const accept = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }
  const aggregated = await ask('GET /apis', undefined, accept)
  assert.equal(aggregated.body.kind, 'APIGroupDiscoveryList')
  assert.equal((await ask('GET /apis', undefined, { ...accept, 'if-none-match': aggregated.headers.etag as string })).status, 304)
  for (const path of ['/healthz', '/livez', '/readyz', '/readyz/ping', '/livez?exclude=etcd']) assert.equal((await ask(`GET ${path}`)).text, 'ok')
  assert.match((await ask('GET /readyz?verbose')).text, /\[\+\]etcd ok[^]*readyz check passed/)
  assert.equal((await ask('GET /version')).body.minor, '36')
})

test('every OpenAPI document is made, and every reference in it leads somewhere', async () => {
  const { ask } = await start()
  const { paths } = (await ask('GET /openapi/v3')).body
  const urls = [...Object.values(paths as Record<string, { serverRelativeURL: string }>).map((p) => p.serverRelativeURL), '/openapi/v2']
  for (const url of urls) {
    const { body, text } = await ask(`GET ${url}`)
    const schemas = body.components?.schemas ?? body.definitions
    for (const [, name] of text.matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g)) assert.ok(schemas[name!], `${url}: ${name}`)
  }
  const apps = (await ask('GET /openapi/v3/apis/apps/v1')).body
  const patch = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch
  assert.ok(patch.parameters.some((p: Body) => p.name === 'fieldValidation'), 'kubectl looks for this')
  assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', version: 'v1', kind: 'Deployment' })
})

