import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterOptions, defaultClusterCidr, type Circumstances, type ClusterOptions } from './cluster-options.ts'
import { up } from './commands/up.ts'
import { parseArguments } from './parse.ts'

const here: Circumstances = { noContainers: undefined, lastPort: undefined }
const nowhere: Circumstances = { noContainers: 'missing: containerd; run ./proa setup', lastPort: undefined }

function check(typed: string, circumstances: Circumstances, expected: Partial<ClusterOptions> | RegExp): void {
  const where = circumstances.noContainers === undefined ? 'with containerd' : 'without containerd'
  const options = () => clusterOptions(parseArguments(up, typed.split(' ').filter(Boolean)).values, circumstances)
  if (expected instanceof RegExp) test(`"up ${typed}" ${where} is refused: ${expected.source}`, () => { assert.throws(options, expected) })
  else test(`"up ${typed}" ${where} means ${JSON.stringify(expected)}`, () => { assert.partialDeepStrictEqual(options(), expected) })
}

check('', here, { name: 'proa', port: 6443, bindAddress: '127.0.0.1', containerdNodes: 1, simulatedNodes: 0, logLevel: 'info', clusterCidr: '10.244.0.0/16' })
check('', nowhere, { containerdNodes: 0, simulatedNodes: 1 })
check('--nodes 3', here, { containerdNodes: 3, simulatedNodes: 0 })
check('--nodes 3', nowhere, { containerdNodes: 0, simulatedNodes: 3 })
check('--simulate 5000', here, { containerdNodes: 0, simulatedNodes: 5000 })
check('--nodes 2 --simulate 10', here, { containerdNodes: 2, simulatedNodes: 10 })
check('--nodes 2 --simulate 10', nowhere, { containerdNodes: 0, simulatedNodes: 12 })
check('--runtime simulated', here, { containerdNodes: 0, simulatedNodes: 1 })
check('--runtime simulated --simulate 0', here, { containerdNodes: 0, simulatedNodes: 0 })
check('--nodes 0', here, { containerdNodes: 0, simulatedNodes: 0 })
check('', { ...here, lastNodes: { nodes: 3, simulate: 5 } }, { containerdNodes: 3, simulatedNodes: 5 })
check('', { ...nowhere, lastNodes: { nodes: 3, simulate: 5 } }, { containerdNodes: 0, simulatedNodes: 8 })
check('--nodes 2', { ...here, lastNodes: { nodes: 3, simulate: 5 } }, { containerdNodes: 2, simulatedNodes: 0 })
check('--simulate 4', { ...here, lastNodes: { nodes: 3, simulate: 5 } }, { containerdNodes: 0, simulatedNodes: 4 })
check('--runtime containerd', nowhere, /not possible here: missing: containerd; run \.\/proa setup/)
check('', { ...here, lastPort: 7000 }, { port: 7000 })
check('--port 0', { ...here, lastPort: 7000 }, { port: 0 })
check('--secure-port 8443', here, { port: 8443 })
check('--port 1 --secure-port 2', here, /same thing/)
check('--name lab', here, { port: 0 })
check('--name lab --port 6443', here, { port: 6443 })
check('--v 4', here, { logLevel: 'debug' })
check('--v 2 --log-level debug', here, { logLevel: 'info' })
check('--service-cluster-ip-range 10.0.0.0/16 --token-auth-file t --service-account-issuer https://kubernetes.default.svc --etcd-compaction-interval 60s --authorization-mode=Node,RBAC', here,
  { serviceClusterIpRange: '10.0.0.0/16', tokenAuthFile: 't', serviceAccountIssuer: ['https://kubernetes.default.svc'], etcdCompactionIntervalMs: 60_000, authorizationMode: ['Node', 'RBAC'] })
check('--node-monitor-grace-period 10s', here, { nodeMonitorGracePeriodMs: 10_000 })
check('--service-cluster-ip-range 10.244.128.0/20', here, /overlap/)
check('--enable-admission-plugins A,B --disable-admission-plugins B', here, /B is in both/)
check('--tls-cert-file a', here, /belong together/)
check('--goaway-chance 0.03', here, /--goaway-chance can not be less than 0 or greater than 0\.02/)
check('--strict-transport-security-directives max-age=1,includeSubDomains', here, { strictTransportSecurityDirectives: ['max-age=1', 'includeSubDomains'] })
check('--strict-transport-security-directives max-age', here, /--strict-transport-security-directives invalid, allowed values: max-age=expireTime/)
check('--event-ttl 2h --external-hostname k.example.com', here, { eventTtl: 7_200_000, externalHostname: 'k.example.com' })

test('pods of clusters with other names get other addresses, always the same ones', () => {
  assert.equal(defaultClusterCidr('lab'), defaultClusterCidr('lab'))
  assert.notEqual(defaultClusterCidr('lab'), defaultClusterCidr('ci'))
  for (const name of ['lab', 'ci', 'a', 'b', 'c']) assert.match(defaultClusterCidr(name), /^10\.(12[89]|1[3-9]\d|2[0-3]\d)\.0\.0\/16$/)
})
