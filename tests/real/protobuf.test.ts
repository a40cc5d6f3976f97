// needs: kubectl
// minutes: 2
// The real kubectl speaks protobuf wherever it knows the type. What it makes of our bytes is what the reference's own decoder makes of them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'

const root = dirname(dirname(import.meta.dirname))
const name = `protobuf-${process.pid}`
let dir = ''
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'proa-protobuf-'))
  await good(join(root, 'proa'), ['up', '--name', name, '--runtime', 'simulated', '--simulate', '1', '--detach'])
})
after(async () => {
  await type(join(root, 'proa'), ['down', '--name', name, '--delete-data'])
  rmSync(dir, { recursive: true, force: true })
})

async function type(command: string, args: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(command, args, { cwd: dir, env: { ...process.env, PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig'), HOME: dir }, timeout: 60_000 })
  let out = '', err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text })
  child.stdin.end(input)
  const [code] = await once(child, 'close') as [number | null]
  return { code: code ?? -1, out, err }
}
async function good(command: string, args: readonly string[], input?: string): Promise<{ out: string; err: string }> {
  const { code, out, err } = await type(command, args, input)
  assert.equal(code, 0, `${command} ${args.join(' ')}: ${err}`)
  return { out, err }
}
const kubectl = (line: string, input?: string) => good(process.env['PROA_KUBECTL'] ?? 'kubectl', line.split(' '), input)

test('kubectl sends protobuf, is answered in it, and is content', async (t) => {
  const { out, err } = await kubectl('create deployment web --image=nginx --replicas=2 -v=8')
  assert.match(out, /deployment.apps\/web created/)
  const types = [...err.matchAll(/Content-Type: (.*)/g)].map(([, said]) => said)
  if (!types.includes('application/vnd.kubernetes.protobuf')) { t.diagnostic('this kubectl is older than 1.32: it creates deployments in JSON'); return }
  assert.deepEqual(types, ['application/vnd.kubernetes.protobuf', 'application/vnd.kubernetes.protobuf'])
})

for (const line of [
  'create secret generic s --from-literal=a=b', 'create serviceaccount builder', 'create service nodeport np --tcp=80', 'create service externalname en --external-name=x.example.com', 'create job j --image=busybox',
  'create cronjob cj --image=busybox --schedule=@hourly', 'create job j2 --from=cronjob/cj', 'create ingress i --rule=foo.com/=np:80', 'create pdb p --selector=app=other --max-unavailable=1',
  'create priorityclass pc --value=10', 'create quota q --hard=pods=100', 'create role r --verb=get --resource=pods', 'create rolebinding rb --role=r --user=bob',
  'create clusterrole cr --verb=get --non-resource-url=/x', 'autoscale deployment web --max=5', 'create token builder --duration=1h', 'auth can-i list pods', 'auth whoami',
  'scale deployment web --replicas=3', 'rollout status deployment web --timeout=30s', 'rollout history deployment web', 'drain node-1 --force --timeout=30s', 'uncordon node-1',
  'describe deployment web', 'describe node node-1', 'describe ingress i', 'describe quota q', 'describe cronjob cj',
]) test(`kubectl ${line}`, async () => { await kubectl(line) })

test('a refusal in protobuf reads as it does in JSON', async () => {
  const { code, err } = await type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['create', 'deployment', 'web', '--image=nginx'])
  assert.equal(code, 1)
  assert.match(err, /deployments\.apps "web" already exists/)
})

/** A pod with something of everything that is special on the wire. */
const pod = {
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'full', labels: { a: 'b' }, annotations: { x: 'ä\u{1f680}', empty: '' } },
  spec: {
    terminationGracePeriodSeconds: 0, automountServiceAccountToken: false, tolerations: [{ operator: 'Exists', tolerationSeconds: 0, effect: 'NoExecute' }],
    securityContext: { runAsUser: 0, supplementalGroups: [1, 2], sysctls: [{ name: 'kernel.shm_rmid_forced', value: '0' }] },
    initContainers: [{ name: 'i', image: 'busybox', env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }] }],
    containers: [{
      name: 'c', image: 'nginx', envFrom: [{ configMapRef: { name: 'cm', optional: true } }], ports: [{ containerPort: 80, name: 'http' }],
      livenessProbe: { httpGet: { path: '/', port: 'http' }, initialDelaySeconds: 3 }, readinessProbe: { tcpSocket: { port: 80 } }, lifecycle: { preStop: { exec: { command: ['sleep', '1'] } } },
      resources: { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '0.1' } }, volumeMounts: [{ name: 'v', mountPath: '/v' }, { name: 'e', mountPath: '/e', readOnly: true }],
    }],
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'x', labelSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] } } }] } },
    volumes: [
      { name: 'v', projected: { sources: [{ configMap: { name: 'cm', optional: true, items: [{ key: 'a', path: 'b', mode: 0 }] } }, { serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] } },
      { name: 'e', emptyDir: { sizeLimit: '1Gi', medium: 'Memory' } }, { name: 'h', hostPath: { path: '/tmp', type: '' } },
    ],
  },
}
test('what the reference decodes from protobuf is what stands in our JSON', async () => {
  await kubectl('create -f -', JSON.stringify(pod))
  await kubectl('wait --for=condition=Ready pod/full --timeout=30s')
  const dump = join(dir, 'dump')
  await kubectl(`cluster-info dump --namespaces=default --output=json --output-directory=${dump}`)
  for (const [file, path] of [
    ['nodes', '/api/v1/nodes'], ['default/pods', '/api/v1/namespaces/default/pods'], ['default/services', '/api/v1/namespaces/default/services'],
    ['default/deployments', '/apis/apps/v1/namespaces/default/deployments'], ['default/replicasets', '/apis/apps/v1/namespaces/default/replicasets'],
  ] as const) {
    const theirs = (JSON.parse(readFileSync(join(dump, `${file}.json`), 'utf8')) as { items: unknown[] }).items
    const ours = (JSON.parse((await kubectl(`get --raw ${path}`)).out) as { items: unknown[] }).items
    assert.ok(theirs.length > 0, file)
    compare(theirs, ours, file)
  }
})

/** Fields that the dump leaves out, and those that came with versions newer than the kubectl at hand. */
const notShown = new Set(['managedFields', 'observedGeneration', 'terminatingReplicas', 'stopSignal', 'allocatedResourcesStatus', 'features', 'declaredFeatures', 'swap'])
/** Heartbeats go on between the two readings. */
const moving = new Set(['resourceVersion', 'lastHeartbeatTime', 'renewTime'])
function compare(theirs: unknown, ours: unknown, at: string): void {
  if (theirs === null || ours === null || typeof theirs !== 'object' || typeof ours !== 'object') { assert.equal(theirs ?? null, ours ?? null, at); return }
  const a = theirs as Record<string, unknown>, b = ours as Record<string, unknown>
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (moving.has(key) || (notShown.has(key) && !(key in a))) continue
    compare(a[key], b[key], `${at}.${key}`)
  }
}
