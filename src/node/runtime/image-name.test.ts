import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullImageName } from './image-name.ts'

const names: readonly [string, string][] = [
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36'],
  ['library/nginx', 'docker.io/library/nginx:latest'],
  ['user/app:2', 'docker.io/user/app:2'],
  ['localhost/app', 'localhost/app:latest'],
  ['localhost:5000/app', 'localhost:5000/app:latest'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  ['app@sha256:0123', 'docker.io/library/app@sha256:0123'],
]
for (const [given, full] of names) test(`${given} is ${full}`, () => { assert.equal(fullImageName(given), full) })
