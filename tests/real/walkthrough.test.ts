// needs: linux root containerd kubectl
// minutes: 3
// The commands of a well-known nginx walk-through, as people type them, on one real node with a local image in nginx's place.
import assert from 'node:assert/strict'
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { busyboxImage, imageTar } from './image.ts'
import { Terminal, until } from './terminal.ts'

const cluster = `walk-${process.pid}`
let dir = '', terminal: Terminal
/** Every command of the walk, as typed: words in one line. */
const k = (line: string) => terminal.k(...line.split(' '))
const deployment = async (name = 'nginx') => JSON.parse(await k(`get deployment ${name} -o json`)) as { metadata: { annotations: Record<string, string> }; spec: { replicas: number }; status: { readyReplicas?: number; replicas?: number } }
const cause = async () => (await deployment()).metadata.annotations['kubernetes.io/change-cause']
const server = () => /https:\/\/\S+/.exec(readFileSync(join(dir, 'kubeconfig'), 'utf8'))![0]

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'proa-walk-'))
  terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig') })
  const serve = Buffer.from('#!/bin/sh\necho "Welcome to nginx!" > /tmp/index.html\nhttpd -f -v -p 80 -h /tmp & trap "kill $!; exit" TERM\nwait\n')
  const image = await busyboxImage(['nginx:1.12.2', 'nginx:1.13', 'gokul93/hello-world:latest', 'gokul93/hello-world:v2'], [{ path: 'serve', content: serve, mode: 0o755 }])
  await pipeline(imageTar({ ...image, config: { cmd: ['/serve'], env: ['PATH=/bin'] } }), createWriteStream(join(dir, 'nginx.tar')))
})
after(async () => {
  await terminal.proa('down', '--name', cluster, '--delete-data')
  rmSync(dir, { recursive: true, force: true })
})

test('up, and the images are there under the names that Docker Hub has', async () => {
  const up = await terminal.proa('up', '--name', cluster, '--nodes', '1', '--detach')
  assert.equal(up.code, 0, up.err)
  const loaded = await terminal.proa('image', 'load', '--name', cluster, 'nginx.tar')
  assert.equal(loaded.code, 0, loaded.err)
  assert.match(loaded.out, /docker\.io\/library\/nginx:1\.12\.2/)
})

test('get nodes, also wide, tells name, state, version, address, system and runtime', async () => {
  await until('a ready node', () => k('get nodes --no-headers'), (out) => / Ready /.test(out))
  const [header, line, ...more] = (await k('get nodes -o wide')).trimEnd().split('\n')
  assert.deepEqual(header!.split(/ {2,}/), ['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION', 'INTERNAL-IP', 'EXTERNAL-IP', 'OS-IMAGE', 'KERNEL-VERSION', 'CONTAINER-RUNTIME'])
  assert.match(line!, new RegExp(`^${cluster}-node-1 +Ready +<none> +\\d+s +v1\\.36\\.\\d+ +\\d+\\.\\d+\\.\\d+\\.\\d+ +<none> +\\S.* containerd://`))
  assert.deepEqual(more, [])
})

test('get componentstatuses shows scheduler, controller manager and etcd healthy', async () => {
  const { code, out, err } = await terminal.kubectl('get', 'componentstatuses')
  assert.equal(code, 0, err)
  for (const name of ['scheduler', 'controller-manager', 'etcd-0']) assert.match(out, new RegExp(`^${name} +Healthy +ok`, 'm'))
  assert.match(err, /Warning: v1 ComponentStatus is deprecated in v1\.19\+/)
})

test('a manifest made by create deployment --save-config holds the configuration last applied', async () => {
  writeFileSync(join(dir, 'nginx.yaml'), await k('create deployment nginx --save-config=true --image=nginx:1.12.2 --dry-run=client -o yaml'))
  assert.match(readFileSync(join(dir, 'nginx.yaml'), 'utf8'), /kubectl\.kubernetes\.io\/last-applied-configuration: [^]*"image":"nginx:1\.12\.2"/)
})

test('apply --record creates it and keeps the command as the cause of the change', async () => {
  assert.equal(await k('apply --record=true -f nginx.yaml'), 'deployment.apps/nginx created\n')
  await k('rollout status deployment nginx --timeout=60s')
  assert.equal(await cause(), 'kubectl apply --record=true --filename=nginx.yaml')
  assert.match((await deployment()).metadata.annotations['kubectl.kubernetes.io/last-applied-configuration']!, /"image":"nginx:1\.12\.2"/)
  writeFileSync(join(dir, 'nginx.yaml'), readFileSync(join(dir, 'nginx.yaml'), 'utf8').replace('replicas: 1', 'replicas: 2'))
  assert.equal(await k('apply --record=true -f nginx.yaml'), 'deployment.apps/nginx configured\n')
  await k('rollout status deployment nginx --timeout=60s')
  assert.deepEqual((await deployment()).status.readyReplicas, 2)
})

test('scale goes to 4 and back to 2', async () => {
  for (const replicas of [4, 2]) {
    assert.equal(await k(`scale deployment nginx --replicas=${replicas} --record=true`), 'deployment.apps/nginx scaled\n')
    await until(`${replicas} replicas`, () => deployment(), ({ status }) => status.readyReplicas === replicas && status.replicas === replicas)
    assert.equal(await cause(), `kubectl scale deployment nginx --replicas=${replicas} --record=true`)
  }
})

test('autoscale makes a HorizontalPodAutoscaler, and delete removes it', async () => {
  assert.equal(await k('autoscale deployment nginx --min=2 --max 4'), 'horizontalpodautoscaler.autoscaling/nginx autoscaled\n')
  assert.match(await k('get hpa nginx'), /^nginx +Deployment\/nginx +\S.* 2 +4 /m)
  assert.match(await k('delete hpa nginx'), /^horizontalpodautoscaler\.autoscaling "nginx" deleted/)
  assert.equal(await k('autoscale deployment nginx --min=2 --max 4 --cpu-percent=80'), 'horizontalpodautoscaler.autoscaling/nginx autoscaled\n')
})

test('set image rolls over without ever having too few pods, and the history tells the causes', async () => {
  await k('patch deployment nginx -p {"spec":{"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}}}')
  await k('set image deployment/nginx nginx=nginx:1.13 --record=true')
  const seen: string[] = []
  await until('the new image everywhere', () => deployment(), ({ status: { readyReplicas = 0, replicas = 0 } }) => {
    if (readyReplicas < 2 || replicas > 3) seen.push(`${readyReplicas} ready of ${replicas}`)
    return replicas === 2
  })
  await k('rollout status deployment nginx --timeout=60s')
  assert.deepEqual(seen, [])
  assert.match(await k('rollout history deployment nginx'), /^1 +kubectl scale deployment nginx --replicas=2 --record=true\n2 +kubectl set image deployment\/nginx nginx=nginx:1\.13 --record=true$/m)
  await k('rollout undo deployment nginx')
  await k('rollout status deployment nginx --timeout=60s')
  assert.equal(await k('get deployment nginx -o jsonpath={.spec.template.spec.containers[0].image}'), 'nginx:1.12.2')
})

test('pods are called after their ReplicaSet and found by the hash of their template', async () => {
  const sets = JSON.parse(await k('get replicasets -o json')) as { items: { metadata: { name: string; labels: Record<string, string> }; spec: { replicas: number } }[] }
  const { metadata: { name, labels } } = sets.items.find(({ spec }) => spec.replicas > 0)!, hash = labels['pod-template-hash']!
  assert.equal(name, `nginx-${hash}`)
  assert.match(hash, /^[bcdfghjklmnpqrstvwxz2456789]{8,10}$/)
  const found = JSON.parse(await k(`get --raw /api/v1/namespaces/default/pods?labelSelector=pod-template-hash%3D${hash}%2Capp%3Dnginx`)) as { items: { metadata: { name: string; generateName: string; deletionTimestamp?: string } }[] }
  const running = found.items.filter(({ metadata }) => !metadata.deletionTimestamp)
  assert.equal(running.length, 2)
  for (const { metadata } of running) {
    assert.equal(metadata.generateName, `${name}-`)
    assert.match(metadata.name, new RegExp(`^${name}-[bcdfghjklmnpqrstvwxz2456789]{5}$`))
  }
})

test('get pods -o wide of all namespaces shows address and node', async () => {
  const [header, ...lines] = (await until('two pods', () => k('get pods -o wide --all-namespaces'), (out) => out.trimEnd().split('\n').length === 3)).trimEnd().split('\n')
  assert.match(header!, /^NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES$/)
  for (const line of lines) assert.match(line, new RegExp(`^default +nginx-\\S+ +1/1 +Running +0 +\\S+ +[\\d.]+ +${cluster}-node-1 +<none> +<none>$`))
})

test('events of all namespaces come in order of their time', async () => {
  const out = await k('get events --all-namespaces --sort-by=.metadata.creationTimestamp -o jsonpath={range.items[*]}{.metadata.creationTimestamp}{"\\t"}{.reason}{"\\n"}{end}')
  const lines = out.trimEnd().split('\n'), times = lines.map((line) => line.split('\t')[0])
  assert.deepEqual(times, times.toSorted())
  for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started', 'Killing', 'SuccessfulCreate', 'ScalingReplicaSet']) assert.ok(lines.some((line) => line.endsWith(`\t${reason}`)), reason)
  assert.match(await k('get events --all-namespaces --sort-by=.metadata.creationTimestamp'), /^NAMESPACE +LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n/)
})

test('cluster-info names the control plane and the DNS, and its dump has the logs of the pods', async () => {
  const plain = (await k('cluster-info')).replaceAll(/\x1b\[[\d;]*m/g, '')
  assert.match(plain, new RegExp(`^Kubernetes control plane is running at ${server()}\nCoreDNS is running at ${server()}/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy$`, 'm'))
  await k('cluster-info dump --all-namespaces --output-directory=dump')
  for (const file of ['nodes.json', 'default/deployments.json', 'default/pods.json', 'default/events.json', 'kube-system/services.json']) assert.doesNotThrow(() => JSON.parse(readFileSync(join(dir, 'dump', file), 'utf8')), file)
  const [pod] = (await k('get pods -o name')).split('\n')
  assert.match(readdirSync(join(dir, 'dump/default', pod!.replace('pod/', ''))).join(), /logs\.txt/)
  assert.match(await k('cluster-info dump'), /"kind": "NodeList"[^]*==== START logs for container nginx/)
})

test('anybody may ask for /healthz, and for nothing that is anybody\'s', async () => {
  assert.deepEqual(await anonymous('/healthz'), { status: 200, text: 'ok' })
  assert.equal((await anonymous('/api/v1/namespaces/default/secrets')).status, 403)
})

test('create -f of a directory creates everything in it, once', async () => {
  mkdirSync(join(dir, 'manifests'))
  writeFileSync(join(dir, 'manifests/deployment.yaml'), JSON.stringify({
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'hello-world' },
    spec: {
      replicas: 1, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, selector: { matchLabels: { app: 'hello-world' } },
      template: { metadata: { labels: { app: 'hello-world' } }, spec: { containers: [{ name: 'hello-world', image: 'gokul93/hello-world:v2', ports: [{ containerPort: 80 }], resources: { requests: { cpu: '10m', memory: '16Mi' } }, readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 } }] } },
    },
  }))
  writeFileSync(join(dir, 'manifests/service.yml'), 'apiVersion: v1\nkind: Service\nmetadata: {name: hello-world}\nspec: {type: NodePort, selector: {app: hello-world}, ports: [{port: 80}]}\n')
  writeFileSync(join(dir, 'manifests/account.json'), '{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"hello-world"}}')
  assert.equal(await k('create -f manifests/'), 'serviceaccount/hello-world created\ndeployment.apps/hello-world created\nservice/hello-world created\n')
  await k('rollout status deployment hello-world --timeout=60s')
  const again = await terminal.kubectl('create', '-f', 'manifests/')
  assert.equal(again.code, 1)
  assert.match(again.err, /Error from server \(AlreadyExists\): error when creating "manifests\/deployment\.yaml": deployments\.apps "hello-world" already exists/)
  await k('autoscale deployment hello-world --min=2 --max=5 --cpu-percent=50')
  assert.match(await k('delete hpa hello-world'), /^horizontalpodautoscaler\.autoscaling "hello-world" deleted/)
  writeFileSync(join(dir, 'hpa.yaml'), 'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: hello-world}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: hello-world}, minReplicas: 1, maxReplicas: 5, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}\n')
  assert.equal(await k('create -f hpa.yaml'), 'horizontalpodautoscaler.autoscaling/hello-world created\n')
})

test('a service becomes a load balancer, and this machine reaches it at its address', async () => {
  await k('patch service hello-world -p {"spec":{"type":"LoadBalancer"}}')
  const address = await until('an address', () => k('get service hello-world -o jsonpath={.status.loadBalancer.ingress[0].ip}'), (out) => out !== '')
  assert.match(await k('get service hello-world'), new RegExp(`^hello-world +LoadBalancer +\\S+ +${address} +80:\\d+/TCP`, 'm'))
  const answer = await until('an answer', () => fetch(`http://${address}/`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined), (given) => given?.ok === true)
  assert.match(await answer!.text(), /./)
  await k('annotate service hello-world external-dns.alpha.kubernetes.io/hostname=hello.test')
  const pod = (await k('get pods -l app=hello-world -o name')).trim().split('\n')[0]!
  assert.match(await until('the name', () => k(`exec ${pod} -- nslookup hello.test`).catch(() => ''), (out) => out.includes(address)), /Name:\s+hello\.test/)
  assert.match(await k('get service hello-world -o jsonpath={.metadata.annotations.field\\.cattle\\.io/publicEndpoints}'), new RegExp(`"addresses":\\["${address}"\\],"port":80`))
  await k('patch service hello-world -p {"spec":{"type":"ClusterIP"}}')
  await until('no address', () => k('get service hello-world -o jsonpath={.status.loadBalancer}{.metadata.finalizers}'), (out) => out === '{}')
})

/** A request without credentials, to a server whose certificate is not checked: what `curl -k` does. */
const anonymous = (path: string) => new Promise<{ status: number; text: string }>((resolve, reject) => {
  request(new URL(path, server()), { rejectUnauthorized: false, timeout: 10_000, agent: false }, (answer) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => { resolve({ status: answer.statusCode ?? 0, text }) })
  }).on('error', reject).end()
})
