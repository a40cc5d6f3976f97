import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullImageName } from './image-name.ts'

const hub = 'docker.io/' // allowed: the default registry is part of the rule
const names: readonly [string, string][] = [
  ['busybox', `${hub}library/busybox:latest`],
  ['busybox:1.36', `${hub}library/busybox:1.36`],
  ['library/nginx', `${hub}library/nginx:latest`],
  ['user/app:2', `${hub}user/app:2`],
  ['localhost/app', 'localhost/app:latest'],
  ['localhost:5000/app', 'localhost:5000/app:latest'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  ['app@sha256:0123', `${hub}library/app@sha256:0123`],
]
for (const [given, full] of names) test(`${given} is ${full}`, () => { assert.equal(fullImageName(given), full) })
