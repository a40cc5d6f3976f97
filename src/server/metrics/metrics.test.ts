import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maps, start } from '../contract-kit.ts'
import { goFloat } from './go-float.ts'
import { exponential, Metrics } from './metrics.ts'

test('numbers are written as Go writes them', () => {
  for (const [value, text] of [[0, '0'], [1, '1'], [0.005, '0.005'], [0.0001, '0.0001'], [0.00001, '1e-05'], [100000, '100000'], [1e6, '1e+06'], [1234567, '1.234567e+06'], [1e9, '1e+09'],
    [-2.5, '-2.5'], [1e21, '1e+21'], [123456789.5, '1.234567895e+08'], [Infinity, '+Inf'], [-Infinity, '-Inf'], [NaN, 'NaN']] as const) assert.equal(goFloat(value), text)
})

test('families are written by name, series by label, labels by name, buckets added up', () => {
  const metrics = new Metrics()
  const sizes = metrics.histogram({ name: 'b_sizes', help: 'Sizes.', stability: 'ALPHA', deprecated: '1.36.0', labels: ['verb'], buckets: exponential(10, 10, 2) })
  const total = metrics.counter({ name: 'a_total', help: 'All.', stability: 'STABLE', labels: ['verb', 'code'] })
  metrics.gauge({ name: 'c_empty', help: 'Nothing counted yet.' })
  let asked = 0
  const seen = metrics.gauge({ name: 'd', help: 'Looked up.' }).with()
  metrics.collect(() => { seen.set(++asked) })
  for (const size of [1, 10, 11, 1000]) sizes.with('GET').observe(size)
  total.with('PUT', '200').inc()
  total.with('GET', 'a"b\\c\nd').inc(2)
  assert.equal(metrics.text(), [
    '# HELP a_total [STABLE] All.', '# TYPE a_total counter', 'a_total{code="a\\"b\\\\c\\nd",verb="GET"} 2', 'a_total{code="200",verb="PUT"} 1',
    '# HELP b_sizes [ALPHA] (Deprecated since 1.36.0) Sizes.', '# TYPE b_sizes histogram', 'b_sizes_bucket{verb="GET",le="10"} 2', 'b_sizes_bucket{verb="GET",le="100"} 3',
    'b_sizes_bucket{verb="GET",le="+Inf"} 4', 'b_sizes_sum{verb="GET"} 1022', 'b_sizes_count{verb="GET"} 4',
    '# HELP d Looked up.', '# TYPE d gauge', 'd 1', '',
  ].join('\n'))
  assert.equal(metrics.text((name) => name === 'd'), '# HELP d Looked up.\n# TYPE d gauge\nd 2\n')
})

test('two families of one name are a mistake', () => {
  const metrics = new Metrics()
  metrics.counter({ name: 'a', help: '' })
  assert.throws(() => metrics.gauge({ name: 'a', help: '' }), /two metrics called a/)
})

test('a metric that is switched off is not shown, and label values that are not allowed are one', () => {
  const metrics = new Metrics({ disabled: new Set(['gone']), allowed: new Map([['kept,code', new Set(['200'])]]) })
  metrics.counter({ name: 'gone', help: 'x', stability: 'ALPHA' }).with().inc()
  const kept = metrics.counter({ name: 'kept', help: 'x', stability: 'STABLE', deprecated: '1.36.0', labels: ['verb', 'code'] })
  for (const code of ['200', '404', '500']) kept.with('GET', code).inc()
  metrics.countThemselves()
  const text = metrics.text()
  assert.ok(!text.includes('gone'))
  for (const line of ['kept{code="200",verb="GET"} 1', 'kept{code="unexpected",verb="GET"} 2', 'disabled_metrics_total 1', 'cardinality_enforcement_unexpected_categorizations_total 2',
    '# TYPE registered_metrics_total counter', 'registered_metrics_total{deprecated_version="1.36.0",stability_level="STABLE"} 1']) assert.ok(text.split('\n').includes(line), line)
})

test('a metric that was deprecated in an earlier release is shown only to those who ask for it', () => {
  for (const showsHidden of [false, true]) {
    const metrics = new Metrics({ showsHidden })
    metrics.counter({ name: 'old', help: 'x', stability: 'ALPHA', deprecated: '1.35.0', labels: ['a'] }).with('b').inc()
    metrics.countThemselves()
    const text = metrics.text()
    assert.equal(text.includes('old{a="b"} 1\n'), showsHidden)
    assert.ok(text.includes(`hidden_metrics_total ${showsHidden ? 0 : 1}\n`))
    assert.equal(text.includes('deprecated_version="1.35.0"'), showsHidden)
  }
})

test('a summary tells quantiles of what was observed last', () => {
  const metrics = new Metrics(), family = metrics.summary({ name: 's', help: 'x', labels: ['a'], quantiles: [0.5, 0.99] }), one = family.with('1')
  for (let i = 1; i <= 1000; i++) one.observe(i)
  assert.deepEqual([...metrics.text().matchAll(/^s.*$/gm)].map(([line]) => line), ['s{a="1",quantile="0.5"} 744', 's{a="1",quantile="0.99"} 995', 's_sum{a="1"} 500500', 's_count{a="1"} 1000'])
})

test('DELETE lets what was counted begin anew, and leaves what is', async () => {
  const { ask } = await start()
  await ask(`GET ${maps}`)
  assert.match((await ask('GET /metrics')).text, /apiserver_request_total\{[^}]*verb="LIST"[^}]*\} 1\n/)
  const reset = await ask('DELETE /metrics')
  assert.deepEqual([reset.status, reset.text], [200, 'metrics reset\n'])
  const { text } = await ask('GET /metrics')
  assert.match(text, /apiserver_request_total\{[^}]*verb="LIST"[^}]*\} 0\n/)
  assert.match(text, /apiserver_flowcontrol_nominal_limit_seats\{priority_level="catch-all"\} [1-9]/)
})
