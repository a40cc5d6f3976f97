import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricSettings } from './metric-settings.ts'

test('values that are told apart come from the manifest and from flags, which win', () => {
  const { disabled, allowed } = metricSettings({ disabledMetrics: ['a'], showHiddenMetricsForVersion: undefined, allowMetricLabels: { 'm,verb': 'GET' }, allowMetricLabelsManifest: 'f' }, () => '"m,code": "200, 404"\n"m,verb": "PUT"\n')
  assert.deepEqual([disabled, allowed], [new Set(['a']), new Map([['m,code', new Set(['200', '404'])], ['m,verb', new Set(['GET'])]])])
  assert.throws(() => metricSettings({ disabledMetrics: [], showHiddenMetricsForVersion: '1.35', allowMetricLabels: {}, allowMetricLabelsManifest: 'f' }, () => { throw new Error('no such file') }), { message: 'failed to read allow list manifest: no such file' })
})
