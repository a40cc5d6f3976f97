import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '#kinds'
import { serviceEnv } from './service-env.ts'

const service = (namespace: string, name: string, clusterIP: string, ...ports: [port: number, name?: string, protocol?: string][]): Service =>
  ({ metadata: { name, namespace, uid: '' }, spec: { clusterIP, ports: ports.map(([port, portName, protocol]) => ({ port, ...(portName && { name: portName }), ...(protocol && { protocol }) })) } }) as Service
const kubernetes = service('default', 'kubernetes', '10.96.0.1', [443, 'https'])
const names = (services: Service[], namespace: string, links: boolean) => [...serviceEnv(services, namespace, links).keys()]

test('the API server is told to every container', () => {
  assert.deepEqual(Object.fromEntries(serviceEnv([kubernetes], 'other', false)), {
    KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443', KUBERNETES_SERVICE_PORT_HTTPS: '443', KUBERNETES_PORT: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443', KUBERNETES_PORT_443_TCP_PROTO: 'tcp', KUBERNETES_PORT_443_TCP_PORT: '443', KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
  })
})
test('a service with several ports and protocols', () => {
  assert.deepEqual(Object.fromEntries(serviceEnv([service('a', 'my-dns', 'fd00::1', [53, 'dns-udp', 'UDP'], [8080])], 'a', true)), {
    MY_DNS_SERVICE_HOST: 'fd00::1', MY_DNS_SERVICE_PORT: '53', MY_DNS_SERVICE_PORT_DNS_UDP: '53', MY_DNS_PORT: 'udp://[fd00::1]:53',
    MY_DNS_PORT_53_UDP: 'udp://[fd00::1]:53', MY_DNS_PORT_53_UDP_PROTO: 'udp', MY_DNS_PORT_53_UDP_PORT: '53', MY_DNS_PORT_53_UDP_ADDR: 'fd00::1',
    MY_DNS_PORT_8080_TCP: 'tcp://[fd00::1]:8080', MY_DNS_PORT_8080_TCP_PROTO: 'tcp', MY_DNS_PORT_8080_TCP_PORT: '8080', MY_DNS_PORT_8080_TCP_ADDR: 'fd00::1',
  })
})
test('services without an address, of other namespaces, or without links are not told', () => {
  const all = [service('a', 'headless', 'None', [80]), service('a', 'none', '', [80]), service('b', 'other', '10.0.0.2', [80]), service('a', 'mine', '10.0.0.3', [80])]
  assert.deepEqual([...new Set(names(all, 'a', true).map((n) => n.split('_')[0]))], ['MINE'])
  assert.deepEqual(names(all, 'a', false), [])
})
test('a service named kubernetes of the own namespace wins', () =>
  assert.equal(serviceEnv([service('a', 'kubernetes', '10.0.0.9', [1]), kubernetes], 'a', true).get('KUBERNETES_SERVICE_HOST'), '10.0.0.9'))
