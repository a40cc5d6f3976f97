import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFlows } from './conntrack.ts'

test('a flow is where it was sent to and from where answers come', () => {
  const text = `udp      17 29 src=10.0.0.1 dst=10.96.0.5 sport=40000 dport=53 [UNREPLIED] src=10.0.0.9 dst=10.0.0.1 sport=8080 dport=40000 mark=0 use=1
udp      17 100 src=10.0.0.2 dst=192.0.2.1 sport=1 dport=2 src=192.0.2.1 dst=10.0.0.2 sport=2 dport=1 [ASSURED] mark=0 use=1
icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=1 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=1 use=1
`
  assert.deepEqual([...parseFlows(text)], [
    { address: '10.96.0.5', port: '53', answerer: '10.0.0.9', answererPort: '8080' }, { address: '192.0.2.1', port: '2', answerer: '192.0.2.1', answererPort: '2' },
  ])
})
