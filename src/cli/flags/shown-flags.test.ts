import assert from 'node:assert/strict'
import { test } from 'node:test'
import facts from '../../../tests/facts/flags.json' with { type: 'json' }
import { clusterOptions } from '../cluster-options.ts'
import { server } from '../commands/server.ts'
import { flagName } from '../flag.ts'
import { parseArguments } from '../parse.ts'
import { withoutReferenceFlags } from './reference-flags.ts'
import { goDuration } from './shown-flags.ts'

const names = Object.keys((facts as Record<string, object>)['kube-apiserver']!).filter((name) => name !== 'help' && name !== 'version')
function shown(...args: string[]): Readonly<Record<string, string>> {
  const idle = new Map<string, string>()
  const rest = withoutReferenceFlags(args, new Set(Object.keys(server.flags).map(flagName)), () => {}, idle)
  const { values } = parseArguments(server, rest)
  return clusterOptions({ ...values, runtime: 'simulated', nodes: 0, simulate: 0 }, { noContainers: undefined, lastPort: undefined, idle }).shownFlags
}

test('every flag of the reference is shown, and none that it does not have', () => {
  assert.deepEqual(Object.keys(shown()).sort(), names.sort())
})

test('values are what was typed or holds anyway, as Go writes them', () => {
  const flags = shown('--request-timeout=90s', '--audit-webhook-mode', 'blocking', '--etcd-cafile=ca.pem', '--watch-cache=false', '--feature-gates=B=false,A=true', '--service-account-issuer=a', '--service-account-issuer=b', '--allow-privileged=false')
  const some = ['request-timeout', 'audit-webhook-mode', 'etcd-cafile', 'watch-cache', 'feature-gates', 'service-account-issuer', 'allow-privileged', 'min-request-timeout', 'service-node-port-range', 'secure-port', 'v', 'etcd-servers', 'anonymous-auth', 'client-ca-file', 'oidc-signing-algs']
  assert.deepEqual(Object.fromEntries(some.map((name) => [name, flags[name]])), {
    'request-timeout': '1m30s', 'audit-webhook-mode': 'blocking', 'etcd-cafile': 'ca.pem', 'watch-cache': 'false', 'feature-gates': 'A=true,B=false', 'service-account-issuer': '[a,b]', 'allow-privileged': 'false',
    'min-request-timeout': '1800', 'service-node-port-range': '30000-32767', 'secure-port': '6443', v: '0', 'etcd-servers': '[]', 'anonymous-auth': 'true', 'client-ca-file': '', 'oidc-signing-algs': '[RS256]',
  })
})

test('durations are written as Go writes them', () => {
  assert.deepEqual([0, 1, 500, 1000, 1500, 60_000, 90_000, 3_600_000, 5_430_000].map(goDuration), ['0s', '1ms', '500ms', '1s', '1.5s', '1m0s', '1m30s', '1h0m0s', '1h30m30s'])
})
