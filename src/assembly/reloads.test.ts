import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '#server'
import { FakeClock } from '#testing'
import { reloads } from './reloads.ts'

test('reloads are counted by how they end, and what is in force is told', async () => {
  const metrics = new Metrics(), clock = new FakeClock(), { inForce, counted } = reloads(metrics, 'authorization', clock)
  const told = () => metrics.text().replaceAll(/sha256:(\w{4})\w{60}/g, '$1').replaceAll(/apiserver_id_hash="\w{4}"/g, 'id').split('\n').filter((line) => line && !line.startsWith('#')).sort()
  inForce('a')
  const change = counted((text) => { if (text === 'bad') throw new Error('bad') })
  await assert.rejects(change(['bad']), /bad/)
  assert.deepEqual(told(), [
    'apiserver_authorization_config_controller_automatic_reload_last_timestamp_seconds{id,status="failure"} 1.893456e+09',
    'apiserver_authorization_config_controller_automatic_reloads_total{id,status="failure"} 1', 'apiserver_authorization_config_controller_last_config_info{id,hash="ca97"} 1',
  ])
  await change(['b'])
  assert.deepEqual(told().slice(2), [
    'apiserver_authorization_config_controller_automatic_reloads_total{id,status="failure"} 1', 'apiserver_authorization_config_controller_automatic_reloads_total{id,status="success"} 1',
    'apiserver_authorization_config_controller_last_config_info{id,hash="3e23"} 1',
  ])
})
