import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frontend } from '../dataplane/dataplane.ts'
import type { ServicePlan } from './plan.ts'
import { ServiceState } from './service-state.ts'

const plan = (service: string, local: string[] = [], address = '198.51.100.1'): ServicePlan => ({
  frontends: [{ service, address, protocol: 'TCP', port: 80, backends: [], whenEmpty: 'reject', masquerade: true, affinitySeconds: 0 } satisfies Frontend], local,
})
const owner = (state: ServiceState) => state.state.frontends.get('198.51.100.1 TCP 80')?.service

test('of two services that want the same place the first by name has it, whoever came first, and the other when that goes', () => {
  const state = new ServiceState()
  state.set('demo/b', plan('b'))
  state.set('demo/a', plan('a'))
  assert.equal(owner(state), 'a')
  state.set('demo/a', undefined)
  assert.equal(owner(state), 'b')
  state.set('demo/b', plan('b', [], '198.51.100.2'))
  assert.equal(owner(state), undefined)
  assert.equal(state.state.frontends.size, 1)
})

test('an address is local as long as one service has it here, and the set is another value only when it changes', () => {
  const state = new ServiceState()
  state.set('demo/a', plan('a', ['10.0.0.1']))
  state.set('demo/b', plan('b', ['10.0.0.1', '10.0.0.2']))
  const before = state.state.local
  assert.deepEqual([...before], ['10.0.0.1', '10.0.0.2'])
  state.set('demo/a', plan('a', ['10.0.0.1'], '198.51.100.9'))
  assert.equal(state.state.local, before)
  state.set('demo/b', undefined)
  assert.deepEqual([...state.state.local], ['10.0.0.1'])
})
