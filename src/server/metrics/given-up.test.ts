import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiRequest } from '#machinery'
import { pod } from '#kinds'
import { Registry } from '../served.ts'
import { GivenUp } from './given-up.ts'
import { Metrics } from './metrics.ts'

test('what is given up is counted under what was asked for', () => {
  const metrics = new Metrics(), givenUp = new GivenUp(metrics, new Registry([pod], () => [])), request = (path: string, query = ''): ApiRequest => ({ method: 'GET', path, query, headers: {}, body: undefined })
  givenUp.tooLate(request('/api/v1/namespaces/n/pods'))
  givenUp.brokenOff(request('/api/v1/namespaces/n/pods/p'))
  givenUp.brokenOff(request('/apis/nobody/v1/things'))
  givenUp.cameLate('ok')
  assert.deepEqual(metrics.text().split('\n').filter((line) => line && !line.startsWith('#')), [
    'apiserver_request_aborts_total{group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"} 1',
    'apiserver_request_post_timeout_total{source="timeout-handler",status="ok"} 1',
    'apiserver_request_terminations_total{code="504",component="apiserver",group="",resource="pods",scope="namespace",subresource="",verb="LIST",version="v1"} 1',
  ])
})
