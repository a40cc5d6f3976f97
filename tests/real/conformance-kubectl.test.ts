// needs: linux root containerd kubectl
// minutes: 3
// Conformance: what kubectl does with running pods on two nodes, and what pods find of their service account. An image made of the machine's
// busybox stands for the reference's test images.
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get as httpGet } from 'node:http'
import { get as httpsGet } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { busyboxImage, imageTar } from './image.ts'
import { Terminal, until } from './terminal.ts'

const cluster = `conformance-${process.pid}`, image = 'localhost/agnhost:1', other = 'localhost/agnhost:2'
let dir = '', terminal: Terminal
const k = (line: string) => terminal.k(...line.split(' '))
const json = async <T = Record<string, any>>(line: string) => JSON.parse(await k(`${line} -o json`)) as T // allowed: whatever objects come
async function given(verb: string, ...items: object[]): Promise<void> {
  const { code, err } = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', [verb, '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  assert.equal(code, 0, err)
}
const behaviour = (name: string, play: () => Promise<void>) => { test(`${name} [Conformance]`, play) }

/** A web server; `store` keeps an entry or asks the primary for it, `guestbook` asks those. */
const serve = '#!/bin/sh\nhttpd -f -p "${PORT:-80}" -h /www & trap "kill $!; exit" TERM\nwait\n'
const store = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
case "$QUERY_STRING" in
  set=*) echo "\${QUERY_STRING#set=}" > /tmp/entry; echo stored ;;
  *) if [ "$ROLE" = replica ]; then wget -q -O - "http://$AGNHOST_PRIMARY_SERVICE_HOST:6379/cgi-bin/store?get"; else cat /tmp/entry 2>/dev/null || echo nothing; fi ;;
esac
`
const guestbook = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
case "$QUERY_STRING" in
  set=*) wget -q -O - "http://$AGNHOST_PRIMARY_SERVICE_HOST:6379/cgi-bin/store?$QUERY_STRING" ;;
  *) wget -q -O - "http://$AGNHOST_REPLICA_SERVICE_HOST:6379/cgi-bin/store?get" ;;
esac
`
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'proa-conformance-'))
  terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig'), HOME: dir })
  const script = (path: string, text: string) => ({ path, content: Buffer.from(text), mode: 0o755 })
  const made = await busyboxImage([image, other], [script('serve', serve), { path: 'www', folder: true }, { path: 'www/cgi-bin', folder: true }, script('www/cgi-bin/store', store), script('www/cgi-bin/guestbook', guestbook)])
  await pipeline(imageTar({ ...made, config: { cmd: ['/serve'], env: ['PATH=/bin'] } }), createWriteStream(join(dir, 'agnhost.tar')))
  const up = await terminal.proa('up', '--name', cluster, '--nodes', '2', '--detach', '--wait', '1m')
  assert.equal(up.code, 0, up.err)
  const loaded = await terminal.proa('image', 'load', '--name', cluster, 'agnhost.tar')
  assert.equal(loaded.code, 0, loaded.err)
})
after(async () => {
  await terminal.proa('down', '--name', cluster, '--delete-data')
  rmSync(dir, { recursive: true, force: true })
})

const container = (name: string, more: object = {}) => ({ name, image, imagePullPolicy: 'IfNotPresent', ...more })
const primary = { app: 'agnhost', role: 'primary' }
const controller = (name: string, replicas: number, labels: object) => ({ apiVersion: 'v1', kind: 'ReplicationController', metadata: { name, labels }, spec: { replicas, selector: labels, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container(name, { ports: [{ name: 'agnhost-server', containerPort: 6379 }], env: [{ name: 'PORT', value: '6379' }] })] } } } })
const service = (name: string, labels: object, port: number) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, labels }, spec: { ports: [{ port, targetPort: port }], selector: labels } })
/** So many pods are there and run. */
const runs = (selector: string, count: number) => until(`${count} pods of ${selector}`, () => k(`get pods -l ${selector} --no-headers`), (out) => out.split('\n').filter((line) => /1\/1 +Running/.test(line)).length === count && out.trim().split('\n').filter(Boolean).length === count, 60)

behaviour('[sig-architecture] Conformance Tests should have at least two untainted nodes', async () => {
  const { items } = await json('get nodes')
  assert.ok(items.filter((n: { spec: { taints?: object[]; unschedulable?: boolean } }) => !n.spec.taints?.length && !n.spec.unschedulable).length >= 2)
})

behaviour('[sig-cli] Kubectl client Update Demo should create and stop a replication controller', async () => {
  await given('create', controller('update-demo', 2, { name: 'update-demo' }))
  await runs('name=update-demo', 2)
  await k('delete rc update-demo --grace-period=0 --force')
  await until('all pods are gone', () => k('get pods -l name=update-demo --no-headers'), (out) => out === '')
})
behaviour('[sig-cli] Kubectl client Update Demo should scale a replication controller', async () => {
  await given('create', controller('update-demo', 2, { name: 'update-demo' }))
  for (const replicas of [2, 1, 2]) {
    await k(`scale rc update-demo --replicas=${replicas} --timeout=1m`)
    await runs('name=update-demo', replicas)
  }
  await k('delete rc update-demo --grace-period=0 --force')
})

behaviour('[sig-cli] Kubectl client Guestbook application should create and stop a working application', async () => {
  const deployment = (name: string, role: string, replicas: number, port: number) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: { app: 'guestbook', role } }, template: { metadata: { labels: { app: 'guestbook', role } },
    spec: { terminationGracePeriodSeconds: 1, containers: [container('server', { ports: [{ containerPort: port }], env: [{ name: 'PORT', value: String(port) }, { name: 'ROLE', value: role }], readinessProbe: { periodSeconds: 1, tcpSocket: { port } } })] } } } })
  const objects = [service('agnhost-replica', { app: 'guestbook', role: 'replica' }, 6379), service('agnhost-primary', { app: 'guestbook', role: 'primary' }, 6379), service('frontend', { app: 'guestbook', role: 'frontend' }, 80),
    deployment('frontend', 'frontend', 3, 80), deployment('agnhost-primary', 'primary', 1, 6379), deployment('agnhost-replica', 'replica', 2, 6379)]
  await given('create', ...objects)
  for (const name of ['frontend', 'agnhost-primary', 'agnhost-replica']) await k(`rollout status deployment/${name} --timeout=90s`)
  const ask = (query: string) => until(`the frontend answers ${query}`, () => terminal.kubectl('get', '--raw', `/api/v1/namespaces/default/services/http:frontend:80/proxy/cgi-bin/guestbook?${query}`), ({ code, out }) => code === 0 && out !== '', 30)
  assert.equal((await ask('get=1')).out.trim(), 'nothing')
  assert.equal((await ask('set=TestEntry')).out.trim(), 'stored')
  assert.equal((await ask('get=1')).out.trim(), 'TestEntry')
  await k('delete service,deployment frontend agnhost-primary agnhost-replica --grace-period=0 --force')
  await until('all pods are gone', () => k('get pods -l app=guestbook --no-headers'), (out) => out === '')
})

behaviour('[sig-cli] Kubectl client Kubectl api-versions should check if v1 is in available api versions', async () => {
  assert.ok((await k('api-versions')).split('\n').includes('v1'))
})
behaviour('[sig-cli] Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info', async () => {
  assert.match(await k('cluster-info'), /Kubernetes control plane.*is running at.*https:\/\//)
})
behaviour('[sig-cli] Kubectl client Kubectl version should check is all data is printed', async () => {
  const { clientVersion, serverVersion } = await json('version')
  for (const version of [clientVersion, serverVersion]) for (const field of ['major', 'minor', 'gitVersion', 'gitCommit', 'goVersion', 'buildDate', 'compiler', 'platform']) assert.ok(version[field], field)
})
behaviour('[sig-cli] Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments', async () => {
  const deployment = (image: string) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'httpd-deployment' }, spec: { replicas: 1, selector: { matchLabels: { app: 'httpd' } }, template: { metadata: { labels: { app: 'httpd' } }, spec: { containers: [{ name: 'httpd', image, imagePullPolicy: 'IfNotPresent' }] } } } })
  await given('create', deployment(image))
  const { code, out } = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['diff', '-f', '-'], { input: JSON.stringify(deployment('busybox')) })
  assert.equal(code, 1)
  assert.match(out, /^-.*image: localhost\/agnhost:1$/m)
  assert.match(out, /^\+.*image: busybox$/m)
  await k('delete deployment httpd-deployment')
})

behaviour('[sig-cli] Kubectl client Kubectl describe should check if kubectl describe prints relevant information for rc and pods', async () => {
  await given('create', controller('agnhost-primary', 1, primary), service('agnhost-primary', primary, 6379))
  await runs('app=agnhost', 1)
  /** Lines that start so, with all the words behind. */
  const tells = (text: string, ...lines: readonly (readonly string[])[]) => { for (const [start = '', ...words] of lines) assert.ok(text.split('\n').some((line) => line.includes(start) && words.every((word) => line.includes(word))), `${start} ${words.join(' ')} in\n${text}`) }
  tells(await k('describe pod -l app=agnhost'), ['Name:', 'agnhost-primary-'], ['Namespace:', 'default'], ['Node:'], ['Labels:', 'app=agnhost'], ['role=primary'], ['Annotations:'], ['Status:', 'Running'], ['IP:'], ['Controlled By:', 'ReplicationController/agnhost-primary'], ['Image:', image], ['State:', 'Running'], ['QoS Class:', 'BestEffort'])
  tells(await k('describe rc agnhost-primary'), ['Name:', 'agnhost-primary'], ['Namespace:', 'default'], ['Selector:', 'app=agnhost,role=primary'], ['Labels:', 'app=agnhost'], ['role=primary'], ['Annotations:'], ['Replicas:', '1 current', '1 desired'], ['Pods Status:', '1 Running', '0 Waiting', '0 Succeeded', '0 Failed'], ['Pod Template:'], ['Image:', image], ['Events:'], ['SuccessfulCreate', 'replication-controller', 'Created pod: agnhost-primary-'])
  tells(await k('describe service agnhost-primary'), ['Name:', 'agnhost-primary'], ['Namespace:', 'default'], ['Labels:', 'app=agnhost'], ['role=primary'], ['Annotations:'], ['Selector:', 'app=agnhost', 'role=primary'], ['Type:', 'ClusterIP'], ['IP:'], ['Port:', '<unset>', '6379/TCP'], ['Endpoints:', ':6379'], ['Session Affinity:', 'None'])
  const [node = ''] = (await k('get nodes -o name')).split('\n')
  tells(await k(`describe ${node}`), ['Name:', node.replace('node/', '')], ['Labels:'], ['Annotations:'], ['CreationTimestamp:'], ['Conditions:'], ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'], ['Addresses:'], ['Capacity:'], ['Kernel Version:'], ['OS Image:'], ['Container Runtime Version:'], ['Kubelet Version:'], ['Pods:'])
  tells(await k('describe namespace default'), ['Name:', 'default'], ['Labels:'], ['Annotations:'], ['Status:', 'Active'])
})
behaviour('[sig-cli] Kubectl client Kubectl expose should create services for rc', async () => {
  const listens = async (name: string, port: number) => {
    await until(`${name} has an endpoint`, () => json(`get endpointslices -l kubernetes.io/service-name=${name}`), ({ items }) => items.some((slice: { endpoints?: object[]; ports: { port: number }[] }) => slice.endpoints?.length === 1 && slice.ports[0]!.port === 6379), 30)
    const { spec } = await json(`get service ${name}`)
    assert.deepEqual(spec.ports.map((p: { port: number; targetPort: number }) => [p.port, p.targetPort]), [[port, 6379]])
  }
  await k('expose rc agnhost-primary --name=rm2 --port=1234 --target-port=6379')
  await listens('rm2', 1234)
  await k('expose service rm2 --name=rm3 --port=2345 --target-port=6379')
  await listens('rm3', 2345)
  await k('delete service rm2 rm3')
})
behaviour('[sig-cli] Kubectl client Kubectl patch should add annotations for pods in rc', async () => {
  const names = (await k('get pods -l app=agnhost -o name')).trim().split('\n')
  for (const name of names) await k(`patch ${name} -p {"metadata":{"annotations":{"x":"y"}}}`)
  for (const name of names) assert.equal((await json(`get ${name}`)).metadata.annotations.x, 'y')
  await k('delete rc,service agnhost-primary --grace-period=0 --force')
})

const start = async (name: string) => { await terminal.k('run', name, `--image=${image}`, '--restart=Never', '--overrides={"spec":{"terminationGracePeriodSeconds":1}}'); await k(`wait pod/${name} --for=condition=Ready --timeout=60s`) }
const imageOf = async (name: string) => (await json(`get pod ${name}`)).spec.containers.map((c: { image: string }) => c.image)
behaviour('[sig-cli] Kubectl client Kubectl run pod should create a pod from an image when restart is Never', async () => {
  await start('e2e-test-httpd-pod')
  assert.deepEqual([await imageOf('e2e-test-httpd-pod'), (await json('get pod e2e-test-httpd-pod')).spec.restartPolicy], [[image], 'Never'])
})
behaviour('[sig-cli] Kubectl client Kubectl label should update the label on a resource', async () => {
  await k('label pods e2e-test-httpd-pod testing-label=testing-label-value')
  assert.match(await k('get pod e2e-test-httpd-pod -L testing-label'), /testing-label-value/)
  await k('label pods e2e-test-httpd-pod testing-label-')
  assert.doesNotMatch(await k('get pod e2e-test-httpd-pod -L testing-label'), /testing-label-value/)
})
behaviour('[sig-cli] Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run update Pods', async () => {
  const changed = await json(`patch pod e2e-test-httpd-pod -p {"spec":{"containers":[{"name":"e2e-test-httpd-pod","image":"${other}"}]}} --dry-run=server`)
  assert.equal(changed.spec.containers[0].image, other)
  assert.deepEqual(await imageOf('e2e-test-httpd-pod'), [image])
})
behaviour("[sig-cli] Kubectl client Kubectl replace should update a single-container pod's image", async () => {
  const pod = await json('get pod e2e-test-httpd-pod')
  pod.spec.containers[0].image = other
  const { code, err } = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['replace', '-f', '-'], { input: JSON.stringify(pod) })
  assert.equal(code, 0, err)
  assert.deepEqual(await imageOf('e2e-test-httpd-pod'), [other])
  await k('delete pod e2e-test-httpd-pod --grace-period=0 --force')
})

/** kubectl proxy, until its first line tells that it serves. */
async function proxied(args: readonly string[], play: (said: string) => Promise<string>): Promise<void> {
  const child = terminal.start(process.env['PROA_KUBECTL'] ?? 'kubectl', ['proxy', '--disable-filter=true', ...args])
  try {
    const said = await new Promise<string>((resolve, reject) => {
      child.stdout!.setEncoding('utf8').once('data', resolve)
      child.once('exit', () => { reject(new Error('kubectl proxy ended')) })
    })
    assert.ok((JSON.parse(await play(said)) as { versions: string[] }).versions.length > 0)
  } finally { child.kill() }
}
const text = (ask: (answered: (answer: import('node:http').IncomingMessage) => void) => import('node:http').ClientRequest) => new Promise<string>((resolve, reject) => {
  ask((answer) => { let all = ''; answer.setEncoding('utf8').on('data', (more: string) => { all += more }).on('end', () => { resolve(all) }) }).on('error', reject)
})
behaviour('[sig-cli] Kubectl client Proxy server should support proxy with --port 0', () => proxied(['--port=0'], (said) => text((answered) => httpGet(`http://127.0.0.1:${/:(\d+)/.exec(said)![1]}/api/`, answered))))
behaviour('[sig-cli] Kubectl client Proxy server should support --unix-socket=/path', () => {
  const socketPath = join(dir, 'proxy.sock')
  return proxied([`--unix-socket=${socketPath}`], () => text((answered) => httpGet({ socketPath, path: '/api/' }, answered)))
})

behaviour('[sig-cli] Kubectl logs logs should be able to retrieve and filter logs', async () => {
  await terminal.k('run', 'logs-generator', `--image=${image}`, '--restart=Never', '--', 'sh', '-c', 'i=0; while [ $i -lt 100 ]; do echo "$i GET /api/v1/namespaces/kube-system/pods/x $i"; i=$((i+1)); [ $i -gt 50 ] && sleep 0.2; done')
  const logs = (more = '') => k(`logs logs-generator logs-generator${more}`), lines = (out: string) => out.replace(/\n$/, '').split('\n')
  await until('the first line', async () => (await terminal.kubectl('logs', 'logs-generator')).out, (out) => out.includes('/api/v1/namespaces/kube-system'), 60)
  assert.equal(lines(await logs(' --tail=1')).length, 1)
  assert.equal((await logs(' --limit-bytes=1')).length, 1)
  const [stamped = '', ...more] = lines(await logs(' --tail=1 --timestamps'))
  assert.equal(more.length, 0)
  assert.match(stamped, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d) \d+ GET/)
  // The first lines are older than a second once the last ones come.
  await until('the last lines', () => logs(' --tail=1'), (out) => /^[6-9]\d /.test(out), 30)
  const recent = lines(await logs(' --since=1s')).length, older = lines(await logs(' --since=24h')).length
  assert.ok(recent < older, `${recent} < ${older}`)
  await k('delete pod logs-generator --grace-period=0 --force')
})

const mount = '/var/run/secrets/kubernetes.io/serviceaccount'
/** A pod of an account of its own, that stays. */
async function podOf(account: string, more: object = {}, mounts: readonly object[] = []): Promise<void> {
  await given('create', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: account }, spec: { serviceAccountName: account, terminationGracePeriodSeconds: 1, containers: [container('test', { volumeMounts: mounts })], ...more } })
  await k(`wait pod/${account} --for=condition=Ready --timeout=60s`)
}
const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { iss: string; sub: string; aud: string[]; 'kubernetes.io': { pod: { name: string } } }
behaviour('[sig-auth] ServiceAccounts should mount an API token into pods', async () => {
  await podOf('mounted')
  const read = (file: string) => k(`exec mounted -- cat ${mount}/${file}`)
  assert.equal(await read('namespace'), 'default')
  assert.equal(await read('ca.crt'), (await json('get configmap kube-root-ca.crt')).data['ca.crt'])
  const token = await read('token')
  const review = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['create', '-f', '-', '-o', 'jsonpath={.status.user.username}'], { input: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }) })
  assert.equal(review.out, 'system:serviceaccount:default:mounted', review.err)
})
behaviour('[sig-auth] ServiceAccounts should mount projected service account token', async () => {
  await podOf('projected', { volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 7200 } }] } }] }, [{ name: 'token', mountPath: '/test-volume' }])
  const { sub, 'kubernetes.io': { pod } } = claims(await k('exec projected -- cat /test-volume/token'))
  assert.deepEqual([sub, pod.name], ['system:serviceaccount:default:projected', 'projected'])
  await k('delete pod projected --grace-period=0 --force')
})
behaviour('[sig-auth] ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer', async () => {
  const token = await k(`exec mounted -- cat ${mount}/token`), [head = '', body = '', signature = ''] = token.split('.')
  const [, server = ''] = /server: (\S+)/.exec(readFileSync(join(dir, 'kubeconfig'), 'utf8')) ?? []
  /** As the pod asks: with its own token and authority. */
  const ask = async (path: string) => { const ca = await k(`exec mounted -- cat ${mount}/ca.crt`); return text((answered) => httpsGet(`${server}${path}`, { ca, headers: { authorization: `Bearer ${token}` } }, answered)) }
  const discovery = JSON.parse(await ask('/.well-known/openid-configuration')) as { issuer: string; jwks_uri: string }
  assert.equal(discovery.issuer, claims(token).iss)
  const { keys } = JSON.parse(await ask(new URL(discovery.jwks_uri).pathname)) as { keys: { kid: string; alg: string }[] }
  const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string }, jwk = keys.find((key) => key.kid === kid)!
  assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), ...(jwk.alg.startsWith('ES') && { dsaEncoding: 'ieee-p1363' as const }) }, Buffer.from(signature, 'base64url')), 'the token is signed with a key of the issuer')
  await k('delete pod mounted --grace-period=0 --force')
})
