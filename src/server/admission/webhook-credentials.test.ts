import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialsFor, webhookCredentials } from './webhook-credentials.ts'

const users = new Map([['a.b.example:443', 'port'], ['a.b.example', 'exact'], ['*.b.example', 'domain'], ['*.svc', 'services'], ['*.example:8443', 'domain and port']])
for (const [server, who] of [
  ['a.b.example:443', 'port'], ['c.b.example:443', 'domain'], ['c.b.example:8443', 'domain and port'], ['hook.ns.svc:443', 'services'], ['hook.ns.svc:8443', undefined], ['b.example:443', undefined],
] as const) test(`${server} is told ${who ?? 'nobody'}`, () => assert.equal(credentialsFor(users, server), who))

test('a configuration leads to a kubeconfig beside it', () => {
  const files: Record<string, string> = { '/etc/hooks.yaml': 'users:\n- name: "*.ns.svc"\n  user: {token: t}\n- name: x.example\n  user: {client-certificate-data: YQ==, client-key-data: Yg==}\n' }
  const configuration = { value: { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'WebhookAdmissionConfiguration', kubeConfigFile: 'hooks.yaml' }, file: '/etc/admission.yaml' }
  const credentials = webhookCredentials('MutatingAdmissionWebhook', configuration, (path) => files[path]!)
  assert.deepEqual([credentials('a.ns.svc:443'), credentials('x.example:443'), credentials('y.example:443')], [{ headers: { authorization: 'Bearer t' } }, { headers: {}, identity: { certificate: 'a', key: 'b' } }, undefined])
})
