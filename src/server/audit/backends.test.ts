// Batches, throttles, cuts and retries, on a clock turned by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { HandClock } from '../contract-kit.ts'
import { batching, blocking, logDestination, truncating, webhookDestination, type Destination } from './backends.ts'
import type { AuditEvent } from './event.ts'

const event = (auditID: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  level: 'Metadata', auditID, stage: 'ResponseComplete', requestURI: '/', verb: 'get', user: undefined, impersonated: undefined, constraint: undefined, sourceIPs: [], userAgent: '', objectRef: undefined,
  responseStatus: { code: 200 }, requestObject: undefined, responseObject: undefined, received: 0, at: 0, annotations: undefined, ...more,
})
function bench(answer: () => boolean | Promise<boolean> = () => true) {
  const clock = new HandClock(), sent: string[][] = [], lost: string[] = []
  const destination: Destination = { name: 'webhook', send: (events) => { sent.push(events.map((e) => e.auditID)); return answer() } }
  return { clock, sent, lost, destination, tell: (_: string, events: readonly AuditEvent[], why: string) => { lost.push(`${events.map((e) => e.auditID).join()}: ${why}`) } }
}

test('a batch goes when it is full, or when its time has come', () => {
  const { clock, sent, destination, tell } = bench()
  const backend = batching(destination, { bufferSize: 10, maxSize: 3, maxWaitMs: 1000, parallel: true }, clock, tell)
  for (const id of 'abcd') assert.equal(backend.process(event(id)), true)
  assert.deepEqual(sent, [['a', 'b', 'c']])
  clock.pass(999)
  assert.equal(sent.length, 1)
  clock.pass(1)
  assert.deepEqual(sent[1], ['d'])
})

test('batches go no faster than the throttle lets them, and what does not fit the buffer is lost', () => {
  const { clock, sent, lost, destination, tell } = bench()
  const backend = batching(destination, { bufferSize: 2, maxSize: 1, maxWaitMs: 10_000, throttle: { qps: 2, burst: 1 }, parallel: true }, clock, tell)
  for (const id of 'abcd') backend.process(event(id))
  assert.deepEqual([sent, lost], [[['a']], ['d: audit buffer queue blocked']])
  clock.pass(500)
  assert.deepEqual(sent, [['a'], ['b']])
  clock.pass(500)
  assert.deepEqual(sent, [['a'], ['b'], ['c']])
})

test('closing sends what waits, one after the other where order matters, and later events are lost', async () => {
  let release = () => {}
  const { clock, sent, lost, destination, tell } = bench(() => new Promise<boolean>((resolve) => { release = () => { resolve(true) } }))
  const backend = batching(destination, { bufferSize: 10, maxSize: 1, maxWaitMs: 0, parallel: false }, clock, tell)
  backend.process(event('a'))
  backend.process(event('b'))
  const closed = backend.close()
  assert.deepEqual(sent, [['a']])
  release()
  await turn()
  assert.deepEqual(sent, [['a'], ['b']])
  release()
  await closed
  backend.process(event('c'))
  assert.deepEqual(lost, ['c: audit backend shut down'])
})

test('blocking hands a failure on only where it is strict', async () => {
  for (const strict of [true, false]) {
    const { lost, destination, tell } = bench(() => Promise.resolve(false))
    assert.equal(await blocking(destination, tell, strict).process(event('a')), !strict)
    assert.equal(lost.length, 1)
  }
})

test('events that are too large lose their objects, then themselves; batches are parted', () => {
  const { sent, lost, destination, tell } = bench()
  const seen: AuditEvent[] = []
  const cut = truncating({ ...destination, send: (events) => { seen.push(...events); return destination.send(events) } }, { maxEventSize: 500, maxBatchSize: 700, version: 'audit.k8s.io/v1' }, tell)
  assert.equal(cut.send([event('a'), event('b', { level: 'Request', requestObject: JSON.stringify('x'.repeat(900)) }), event('c', { userAgent: 'y'.repeat(600) }), event('d')]), true)
  assert.deepEqual(sent, [['a', 'b'], ['d']])
  assert.deepEqual([seen[1]!.requestObject, seen[1]!.annotations?.get('audit.k8s.io/truncated')], [undefined, 'true'])
  assert.deepEqual(lost, ['c: event is too large even after truncating'])
})

test('a webhook gets a list whose items carry no type, and is tried again while it may get better', async () => {
  const clock = new HandClock(), bodies: string[] = [], answers = [503, 429, 200, 400]
  const hook = webhookDestination(async ({ body, url }) => {
    bodies.push(`${url} ${new TextDecoder().decode(body)}`)
    return { status: answers.shift()!, headers: {}, body: new Uint8Array() }
  }, { url: 'https://hook.example/audit' }, { version: 'audit.k8s.io/v1', initialBackoffMs: 1000, clock })
  const sent = hook.send([event('a')])
  await turn()
  clock.pass(1000)
  await turn()
  assert.equal(bodies.length, 2)
  clock.pass(1499)
  await turn()
  assert.equal(bodies.length, 2)
  clock.pass(1)
  assert.equal(await sent, true)
  assert.match(bodies[2]!, /^https:\/\/hook\.example\/audit \{"kind":"EventList","apiVersion":"audit\.k8s\.io\/v1","metadata":\{\},"items":\[\{"level":"Metadata","auditID":"a",/)
  assert.equal(await hook.send([event('b')]), false)
  assert.equal(bodies.length, 4)
})

test('a log has one line for each event', () => {
  const lines: string[] = []
  const log = logDestination((text) => { lines.push(text); return true }, { format: 'json', version: 'audit.k8s.io/v1beta1' })
  log.send([event('a'), event('b')])
  assert.deepEqual(lines[0]!.trimEnd().split('\n').map((line) => (JSON.parse(line) as { auditID: string }).auditID), ['a', 'b'])
})
