import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Secret } from '#kinds'
import { registryAuths } from './registry-auths.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const secret = (auths: Record<string, object>, old = false): Secret => ({ metadata: { name: 's' }, type: old ? 'kubernetes.io/dockercfg' : 'kubernetes.io/dockerconfigjson',
  data: old ? { '.dockercfg': base64(JSON.stringify(auths)) } : { '.dockerconfigjson': base64(JSON.stringify({ auths })) } }) as unknown as Secret
const entry = { username: 'u', password: 'p' }

const cases: [why: string, secrets: Secret[], image: string, users: string[]][] = [
  ['the registry', [secret({ 'reg.example.org': entry })], 'reg.example.org/a/b:1', ['u:p']],
  ['a registry with a port, a scheme and a version', [secret({ 'https://reg.example.org:5000/v2/': entry })], 'reg.example.org:5000/a', ['u:p']],
  ['another registry', [secret({ 'reg.example.org': entry })], 'other.example.org/a', []],
  ['a star', [secret({ '*.example.org': entry })], 'reg.example.org/a', ['u:p']],
  ['a star is one part', [secret({ '*.example.org': entry })], 'a.reg.example.org/a', []],
  ['the longer path first', [secret({ 'r.org': { username: 'short', password: 'p' }, 'r.org/team': { username: 'long', password: 'p' }, 'r.org/other': entry })], 'r.org/team/x', ['long:p', 'short:p']],
  ['an encoded pair', [secret({ 'r.org': { auth: base64('me:a:b') } })], 'r.org/x', ['me:a:b']],
  ['the older form', [secret({ 'r.org': entry }, true)], 'r.org/x', ['u:p']],
  ['several secrets', [secret({ 'r.org': entry }), secret({ 'r.org': { username: 'v', password: 'p' } })], 'r.org/x', ['u:p', 'v:p']],
  ['a secret of another type', [{ metadata: { name: 's' }, type: 'Opaque', data: { '.dockerconfigjson': base64('{"auths":{"r.org":{}}}') } } as unknown as Secret], 'r.org/x', []],
]
for (const [why, secrets, image, users] of cases)
  test(`credentials for an image: ${why}`, () => assert.deepEqual(registryAuths(secrets, image).map((c) => `${c.username}:${c.password}`), users))
