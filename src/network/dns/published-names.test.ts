import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '#kinds'
import { PublishedNames } from './published-names.ts'

const service = (hostname: string, ip: string | undefined, type = 'LoadBalancer') => ({ metadata: { name: 'a', annotations: { 'external-dns.alpha.kubernetes.io/hostname': hostname } }, spec: { type },
  status: { loadBalancer: ip === undefined ? {} : { ingress: [{ ip }] } } }) as unknown as Service // allowed: what is read of it

test('a load balancer has the names that it gives itself, below the domains that are given away', () => {
  const names = new PublishedNames(['test'])
  names.set('n/a', service('Shop.test., *.apps.test, example.com, test', '192.0.2.1'))
  assert.deepEqual(['shop.test', 'x.apps.test', 'apps.test', 'example.com', 'test'].map((name) => names.lookup(name)), [['192.0.2.1'], ['192.0.2.1'], undefined, undefined, undefined])
  names.set('n/a', undefined)
  assert.equal(names.lookup('shop.test'), undefined)
})

test('of two services that want a name the first by name has it; without an address there is none', () => {
  const names = new PublishedNames(['test'])
  names.set('n/b', service('shop.test', '192.0.2.2'))
  names.set('n/a', service('shop.test', '192.0.2.1'))
  assert.deepEqual(names.lookup('shop.test'), ['192.0.2.1'])
  names.set('n/a', service('shop.test', undefined))
  assert.deepEqual(names.lookup('shop.test'), ['192.0.2.2'])
  names.set('n/b', service('shop.test', '192.0.2.2', 'ClusterIP'))
  assert.equal(names.lookup('shop.test'), undefined)
})
