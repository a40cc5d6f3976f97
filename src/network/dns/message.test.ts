import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decode, encode, type Packet } from 'dns-packet'
import fc from 'fast-check'
import { isTruncated, readQuery, udpLimit, writeError, writeReply, type DnsRecord, type Query, type Reply } from './message.ts'

const edns = (udpPayloadSize: number, ednsVersion = 0) => ({ additionals: [{ type: 'OPT' as const, name: '.', udpPayloadSize, ednsVersion, extendedRcode: 0, flags: 0, flag_do: false, options: [] }] })
const query = (name: string, type: 'A' | 'SRV' = 'A', more: Packet = {}): Query => {
  const read = readQuery(encode({ type: 'query', id: 77, flags: 0x0100, questions: [{ name, type }], ...more }))
  if (read === undefined || typeof read === 'string') throw new Error('no query')
  return read
}
const addresses = (name: string, count: number): DnsRecord[] => Array.from({ length: count }, (_, i) => ({ name, type: 'A', data: `10.244.${i >> 8}.${i & 255}` }))
const name = 'web.demo.svc.cluster.local'
const soa: DnsRecord = { name: 'cluster.local', type: 'SOA', data: { mname: 'ns.dns.cluster.local', rname: 'hostmaster.cluster.local', serial: 9, refresh: 1, retry: 2, expire: 3, minimum: 5 } }

describe('dns messages', () => {
  test('what is written is what another library reads', () => {
    const records: DnsRecord[] = [
      { name, type: 'A', data: '10.96.1.1' }, { name, type: 'AAAA', data: 'fd00:96::2' }, { name, type: 'AAAA', data: '::1' }, { name, type: 'AAAA', data: '1:2:3:4:5:6:7:8' }, { name, type: 'CNAME', data: 'example.com' },
      { name: '1.1.96.10.in-addr.arpa', type: 'PTR', data: name }, { name: 'cluster.local', type: 'NS', data: 'ns.dns.cluster.local' }, { name, type: 'SRV', data: { priority: 0, weight: 50, port: 80, target: `db-0.${name}` } }, soa,
    ]
    const read = decode(writeReply(query(name), { rcode: 'NOERROR', authoritative: true, answers: records }, 5, 4096))
    assert.equal(read.id, 77)
    assert.ok(read.flag_qr && read.flag_aa && read.flag_rd && read.flag_ra && !read.flag_tc)
    assert.deepEqual(read.answers?.map((answer) => ({ name: answer.name, type: answer.type, ttl: 'ttl' in answer && answer.ttl, data: 'data' in answer && answer.data })), records.map((record) => ({ name: record.name, type: record.type, ttl: 5, data: record.data })))
  })

  test('a text is a text', () => {
    const [answer] = decode(writeReply(query('dns-version.cluster.local'), { rcode: 'NOERROR', answers: [{ name: 'dns-version.cluster.local', type: 'TXT', data: '1.1.0' }] }, 5, 512)).answers!
    assert.equal(String((answer as { data: Buffer[] }).data), '1.1.0')
  })

  test('the question comes back as it was spelled, and is found whatever the spelling', () => {
    const asked = query('WeB.dEmO.svc.cluster.local')
    assert.equal(asked.name, name)
    const read = decode(writeReply(asked, { rcode: 'NOERROR', answers: addresses(name, 1) }, 5, 512))
    assert.equal(read.questions![0]!.name, 'WeB.dEmO.svc.cluster.local')
  })

  test('names are written once: 25 addresses of a service fit where an old client looks', () => {
    const bytes = writeReply(query(name), { rcode: 'NOERROR', answers: addresses(name, 25) }, 5, 512)
    assert.ok(bytes.length <= 512 && !isTruncated(bytes))
    assert.equal(decode(bytes).answers!.length, 25)
  })

  test('what does not fit is left out, and the client is told to come again', () => {
    const reply: Reply = { rcode: 'NOERROR', answers: addresses(name, 1000) }
    for (const [asked, limit, most] of [[query(name), 512, 29], [query(name, 'A', edns(4096)), 1232, 73], [query(name, 'A', edns(100)), 512, 28]] as const) {
      assert.equal(udpLimit(asked), limit)
      const bytes = writeReply(asked, reply, 5, udpLimit(asked))
      assert.ok(bytes.length <= limit && isTruncated(bytes))
      assert.equal(decode(bytes).answers!.length, most)
    }
    const whole = writeReply(query(name), reply, 5, 65_535)
    assert.ok(!isTruncated(whole))
    assert.equal(decode(whole).answers!.length, 1000)
  })

  test('what is only additional may be missing without a word', () => {
    const bytes = writeReply(query(name, 'SRV'), { rcode: 'NOERROR', answers: addresses(name, 10), additional: addresses('x.cluster.local', 100) }, 5, 512)
    assert.ok(!isTruncated(bytes))
    const read = decode(bytes)
    assert.equal(read.answers!.length, 10)
    assert.ok(read.additionals!.length > 5 && read.additionals!.length < 100)
  })

  test('who speaks EDNS is answered so', () => {
    const read = decode(writeReply(query(name, 'A', edns(4096, 1)), { rcode: 'BADVERS' }, 5, 1232))
    const opt = read.additionals![0] as { type: string; udpPayloadSize: number; extendedRcode: number }
    assert.deepEqual([opt.type, opt.udpPayloadSize, opt.extendedRcode], ['OPT', 1232, 1])
    assert.equal(decode(writeReply(query(name), { rcode: 'NOERROR' }, 5, 512)).additionals!.length, 0)
  })

  const bad: [string, Buffer, unknown][] = [
    ['an answer', encode({ type: 'response', id: 1, questions: [{ name: 'a', type: 'A' }] }), undefined],
    ['nothing', Buffer.alloc(0), undefined],
    ['half a header', Buffer.alloc(11), undefined],
    ['two questions', encode({ type: 'query', id: 1, questions: [{ name: 'a', type: 'A' }, { name: 'b', type: 'A' }] }), 'FORMERR'],
    ['no question', encode({ type: 'query', id: 1, questions: [] }), 'FORMERR'],
    ['an update', encode({ type: 'query', id: 1, flags: 5 << 11, questions: [{ name: 'a', type: 'SOA' }] }), 'NOTIMP'],
    ['a name that points into the header, which the answer has otherwise', Buffer.from('004d01000001000000000000c00200010001', 'hex'), 'FORMERR'],
    ['a name that points behind the question, where the answer has something else', Buffer.from('004d010000010000000000000161c0120001000100', 'hex'), 'FORMERR'],
    ['a name without an end', Buffer.from('00010100000100000000000003777777', 'hex'), 'FORMERR'],
  ]
  for (const [what, bytes, expected] of bad) test(`to ${what} the answer is ${String(expected ?? 'none')}`, () => { assert.equal(readQuery(bytes), expected) })

  test('no bytes make it throw, and an error has the id of what was wrong', () => {
    const header = fc.constantFrom('', '004d01000001000000000000', '004d01000001000000000001')
    fc.assert(fc.property(header, fc.uint8Array({ maxLength: 64 }), (start, noise) => {
      const bytes = Buffer.concat([Buffer.from(start, 'hex'), noise])
      const read = readQuery(bytes)
      if (typeof read === 'string') assert.equal(writeError(bytes, read).readUInt16BE(0), bytes.readUInt16BE(0))
      else if (read) decode(writeReply(read, { rcode: 'NXDOMAIN', authority: [soa] }, 5, 512))
    }), { numRuns: 2000 })
  })
})
