import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userAgentOf } from './version.ts'

test('a component says of itself what client-go does: program, version, platform, commit and which part of it asks', () => {
  const build = { version: '1.2.3', commit: '0123456789abcdef', platform: 'linux/arm64' }
  assert.equal(userAgentOf('kube-controller-manager', build, 'system:serviceaccount:kube-system:job-controller'), 'kube-controller-manager/v1.36.2+proa.1.2.3 (linux/arm64) kubernetes/0123456/system:serviceaccount:kube-system:job-controller')
  assert.equal(userAgentOf('kube-scheduler', undefined), 'kube-scheduler/v1.36.2+proa (linux/amd64) kubernetes/unknown')
})
