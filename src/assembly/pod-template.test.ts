import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { podIn } from './pod-template.ts'

test('a file describes a pod, or says why not', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'proa-pod-')), file = join(home, 'pod.yaml')
  t.after(() => rmSync(home, { recursive: true }))
  assert.equal(podIn(undefined), undefined)
  assert.throws(() => podIn(file), /^Error: failed to read file path .*ENOENT/)
  for (const [text, why] of [['', /^Error: file was empty: /], ['{', /^Error: failed decoding file: /], ['kind: Service', /is no Pod of v1/], ['{apiVersion: v1, kind: Pod}', /^Error: invalid recycler pod template: does not contain any volume\(s\)$/]] as const) {
    writeFileSync(file, text)
    assert.throws(() => podIn(file), why)
  }
  writeFileSync(file, '{apiVersion: v1, kind: Pod, metadata: {namespace: n}, spec: {volumes: [{name: v}]}}')
  assert.deepEqual(podIn(file), { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'n' }, spec: { volumes: [{ name: 'v' }] } })
})
