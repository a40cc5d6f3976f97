// The name server over real sockets on the loopback interface, asked with another DNS library.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { createServer, connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { decode, encode, type Answer, type DecodedPacket, type Packet } from 'dns-packet'
import { silent } from '#machinery'
import { FakeClock } from '#testing'
import type { EndpointSlice, Service } from '#kinds'
import { ServiceIndex, type Source } from '../services/service-index.ts'
import { exchangeTcp, exchangeUdp, readFramed, writeFramed } from './exchange.ts'
import { Forwarder } from './forwarder.ts'
import { isTruncated, rcodeOf } from './message.ts'
import { ClusterRecords } from './records.ts'
import { DnsServer } from './server.ts'

const loopback = '127.0.0.1'
const service = (name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'demo', name, uid: name, resourceVersion: '1', creationTimestamp: '' }, spec, status: {} }) as Service
const services: Source<Service> = {
  synced: () => Promise.resolve(),
  watch(seen) {
    seen({ type: 'ADDED', object: service('web', { clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1'] }) })
    seen({ type: 'ADDED', object: service('db', { clusterIP: 'None', clusterIPs: ['None'] }) })
    seen({ type: 'ADDED', object: service('far', { type: 'ExternalName', externalName: 'one.example.com' }) })
    return () => {}
  },
}

const slices: Source<EndpointSlice> = {
  synced: () => Promise.resolve(),
  watch(seen) {
    const endpoints = ['10.244.0.1', '10.244.0.2', '10.244.0.3'].map((address) => ({ addresses: [address], conditions: {} }))
    const metadata = { namespace: 'demo', name: 'db-1', uid: 'db-1', resourceVersion: '1', creationTimestamp: '', labels: { 'kubernetes.io/service-name': 'db' } }
    seen({ type: 'ADDED', object: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints, ports: [] } })
    return () => {}
  },
}

/** A name server elsewhere, which does as the test says. */
class Elsewhere {
  readonly asked: string[] = []
  answer: (question: string, query: DecodedPacket) => Packet | undefined = () => undefined
  readonly #udp = createSocket('udp4')
  readonly #tcp = createServer((socket) => { readFramed(socket, (bytes) => { const reply = this.#reply(bytes, 'tcp'); if (reply) writeFramed(socket, reply) }) })
  async start(): Promise<number> {
    await new Promise<void>((resolve) => { this.#tcp.listen(0, loopback, resolve) })
    const { port } = this.#tcp.address() as { port: number }
    await new Promise<void>((resolve) => { this.#udp.bind(port, loopback, resolve) })
    this.#udp.on('message', (bytes, peer) => { const reply = this.#reply(bytes, 'udp'); if (reply) this.#udp.send(reply, peer.port, peer.address) })
    return port
  }
  close() { this.#udp.close(); this.#tcp.close() }
  #reply(bytes: Buffer, over: string): Buffer | undefined {
    const query = decode(bytes)
    const question = `${query.questions![0]!.name} ${query.questions![0]!.type} ${over}`
    this.asked.push(question)
    const reply = this.answer(question, query)
    return reply && encode({ type: 'response', id: query.id ?? 0, questions: query.questions ?? [], ...reply })
  }
}
const a = (name: string, data: string, ttl = 60): Answer => ({ name, type: 'A', ttl, data })

describe('dns server', () => {
  const clock = new FakeClock()
  const elsewhere = new Elsewhere()
  let server: DnsServer
  before(async () => {
    const port = await elsewhere.start()
    const index = new ServiceIndex(services, slices)
    const records = new ClusterRecords({ index, domain: 'cluster.local', address: loopback, ranges: ['10.96.0.0/16'], serial: 1 })
    const forwarder = new Forwarder({ servers: () => Promise.resolve([{ address: loopback, port }]), clock, log: silent, timeoutMs: 150 })
    server = await DnsServer.start({ records, forwarder, address: loopback, port: 0 })
  })
  after(async () => { await server.close(); elsewhere.close() })

  const bytesOf = (name: string, type: 'A' | 'AAAA' | 'AXFR', more: Packet) => encode({ type: 'query', id: 7, flags: 0x0100, questions: [{ name, type }], ...more })
  const ask = async (name: string, type: 'A' | 'AAAA' | 'AXFR' = 'A', over: 'udp' | 'tcp' = 'udp', more: Packet = {}) => {
    const answer = await (over === 'udp' ? exchangeUdp : exchangeTcp)({ address: loopback, port: server.port }, bytesOf(name, type, more), 2000)
    return { rcode: rcodeOf(answer), truncated: isTruncated(answer), answers: (decode(answer).answers ?? []).map((record) => 'data' in record ? `${record.name} ${'ttl' in record ? record.ttl : ''} ${String(record.data)}` : record.name) }
  }
  const question = (name: string, over = 'udp', type = 'A') => `${name} ${type} ${over}`

  for (const over of ['udp', 'tcp'] as const) {
    test(`a service has its address over ${over}`, async () => {
      assert.deepEqual(await ask('web.demo.svc.cluster.local', 'A', over), { rcode: 'NOERROR', truncated: false, answers: ['web.demo.svc.cluster.local 5 10.96.1.1'] })
    })

    test(`a name outside is asked elsewhere, the same way: ${over}`, async () => {
      elsewhere.answer = () => ({ answers: [a(`${over}.example.com`, '192.0.2.9')] })
      assert.deepEqual((await ask(`${over}.example.com`, 'A', over)).answers, [`${over}.example.com 60 192.0.2.9`])
      assert.ok(elsewhere.asked.includes(question(`${over}.example.com`, over)))
    })
  }

  test('of the pods of a headless service each comes first in its turn', async () => {
    const firsts = new Set<string>()
    for (let i = 0; i < 3; i++) firsts.add((await ask('db.demo.svc.cluster.local')).answers[0]!)
    assert.equal(firsts.size, 3)
  })

  test('a name of the cluster that is none is never asked elsewhere', async () => {
    elsewhere.asked.length = 0
    for (const name of ['nope.demo.svc.cluster.local', 'example.com.demo.svc.cluster.local', 'example.com.cluster.local']) assert.equal((await ask(name)).rcode, 'NXDOMAIN')
    assert.deepEqual(elsewhere.asked, [])
  })

  test('what has been answered is not asked again while it holds, and says how long it still does', async () => {
    elsewhere.asked.length = 0
    elsewhere.answer = () => ({ answers: [a('kept.example.com', '192.0.2.1', 20)] })
    await ask('kept.example.com')
    await clock.advance('7s')
    assert.deepEqual((await ask('KEPT.example.com')).answers, ['kept.example.com 13 192.0.2.1'])
    assert.equal(elsewhere.asked.length, 1)
    await clock.advance('14s')
    await ask('kept.example.com')
    assert.equal(elsewhere.asked.length, 2)
  })

  test('what does not exist is kept for a moment, and a failure not at all', async () => {
    elsewhere.asked.length = 0
    elsewhere.answer = () => ({ flags: 3, authorities: [{ name: 'example.com', type: 'SOA', ttl: 300, data: { mname: 'a', rname: 'b', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 300 } }] })
    assert.equal((await ask('gone.example.com')).rcode, 'NXDOMAIN')
    await clock.advance('4s')
    await ask('gone.example.com')
    assert.equal(elsewhere.asked.length, 1)
    await clock.advance('2s')
    await ask('gone.example.com')
    assert.equal(elsewhere.asked.length, 2)
    elsewhere.answer = () => ({ flags: 2 })
    assert.equal((await ask('broken.example.com')).rcode, 'SERVFAIL')
    await ask('broken.example.com')
    assert.equal(elsewhere.asked.length, 4)
  })

  test('the same question of many is asked once', async () => {
    elsewhere.asked.length = 0
    elsewhere.answer = () => ({ answers: [a('many.example.com', '192.0.2.1')] })
    const all = await Promise.all(Array.from({ length: 20 }, () => ask('many.example.com')))
    assert.deepEqual([new Set(all.map(({ answers }) => answers.join())).size, elsewhere.asked.length], [1, 1])
  })

  test('silence elsewhere is a failure after the deadline', async () => {
    elsewhere.asked.length = 0
    elsewhere.answer = () => undefined
    assert.equal((await ask('silent.example.com')).rcode, 'SERVFAIL')
    assert.equal(elsewhere.asked.length, 3)
  })

  test('an alias to the outside comes with what is found there, over TCP where it is long', async () => {
    elsewhere.asked.length = 0
    elsewhere.answer = (asked) => asked.endsWith('udp') ? { flags: 1 << 9 } : { answers: [a('one.example.com', '192.0.2.5')] }
    const { answers } = await ask('far.demo.svc.cluster.local')
    assert.deepEqual(answers, ['far.demo.svc.cluster.local 5 one.example.com', 'one.example.com 5 192.0.2.5'])
    assert.deepEqual(elsewhere.asked, [question('one.example.com'), question('one.example.com', 'tcp')])
  })

  test('a copy of the zone is refused, and so is an EDNS that nobody knows', async () => {
    assert.equal((await ask('cluster.local', 'AXFR', 'tcp')).rcode, 'REFUSED')
    const opt = { type: 'OPT' as const, name: '.' as const, udpPayloadSize: 1232, ednsVersion: 1, extendedRcode: 0, flags: 0, flag_do: false, options: [] }
    assert.equal((await ask('web.demo.svc.cluster.local', 'A', 'udp', { additionals: [opt] })).answers.length, 0)
  })

  test('several questions over one connection are answered, and nonsense ends nothing', async () => {
    const socket = connect(server.port, loopback)
    const answers: Buffer[] = []
    await new Promise<void>((resolve) => {
      readFramed(socket, (answer) => { answers.push(answer); if (answers.length === 3) resolve() })
      writeFramed(socket, bytesOf('web.demo.svc.cluster.local', 'A', {}))
      writeFramed(socket, Buffer.from('00010100000100000000000003777777', 'hex'))
      writeFramed(socket, bytesOf('nope.demo.svc.cluster.local', 'A', {}))
    })
    socket.destroy()
    assert.deepEqual(answers.map(rcodeOf), ['NOERROR', 'FORMERR', 'NXDOMAIN'])
  })

  test('an address in use is said', async () => {
    const { records, forwarder } = { records: {} as ClusterRecords, forwarder: {} as Forwarder }
    await assert.rejects(DnsServer.start({ records, forwarder, address: loopback, port: server.port }), /the cluster DNS cannot listen on 127\.0\.0\.1, port \d+/)
  })
})
