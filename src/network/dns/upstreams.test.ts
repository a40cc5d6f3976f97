import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseResolvConf } from './resolv-conf.ts'
import { parseNameServer } from './upstreams.ts'

test('resolv.conf is read as the C library reads it', () => {
  assert.deepEqual(parseResolvConf('# a comment\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 ; the second\ndomain old.example\nsearch a.example b.example\noptions ndots:2 edns0\nsortlist x\nnameserver\n'), {
    nameservers: ['192.0.2.1', '2001:db8::1'], search: ['a.example', 'b.example'], options: ['ndots:2', 'edns0'],
  })
})

test('a name server is an address, with a port where it is not 53', () => {
  assert.deepEqual(parseNameServer('9.9.9.9'), { address: '9.9.9.9', port: 53 })
  assert.deepEqual(parseNameServer('9.9.9.9:5353'), { address: '9.9.9.9', port: 5353 })
  assert.deepEqual(parseNameServer('2001:db8::1'), { address: '2001:db8::1', port: 53 })
  assert.deepEqual(parseNameServer('[2001:db8::1]:5353'), { address: '2001:db8::1', port: 5353 })
  for (const text of ['', 'dns.example', '9.9.9', '9.9.9.9:99999', '9.9.9.9:']) assert.throws(() => parseNameServer(text), /not a name server/, text)
})
