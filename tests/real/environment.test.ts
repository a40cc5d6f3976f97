// needs: linux root containerd
// What pods get from a real machine: an API server in this process, a containerd of our own, and one pod after the other.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Informer } from '#client'
import { configMap, pod as podKind, secret, service, type Pod, type Service } from '#kinds'
import { silent } from '#machinery'
import { TestCluster } from '#testing'
import { realClock } from '../../src/assembly/real-clock.ts'
import { createPodEnvironment } from '../../src/node/machine/environment.ts'
import type { PodEnvironment } from '../../src/node/pods/environment.ts'
import { readLogFile } from '../../src/node/runtime/log-file.ts'
import type { ContainerStatus } from '../../src/node/runtime/runtime.ts'
import { busybox, ContainerdStage, obstacle } from './containerd-stage.ts'

const reason = await obstacle()
if (reason === '') realTests()
else console.log(`real containers are not tested here: ${reason}`)

type Container = Partial<Pod['spec']['containers'][number]>
/** A pod whose container `main` has run to its end. */
interface Ran { readonly pod: Pod; readonly id: string; readonly status: ContainerStatus; readonly says: (text: RegExp) => Promise<void> }

function realTests(): void {
  const stage = new ContainerdStage(), dirs = { pods: join(stage.directory, 'pods'), logs: join(stage.directory, 'logs') }
  let cluster: TestCluster, services: Informer<Service>, environment: PodEnvironment, count = 0

  before(async () => {
    await stage.start()
    cluster = await TestCluster.start({ scheduler: false })
    await cluster.settle()
    const { client, random } = cluster
    services = new Informer(client, service)
    await client.create(configMap, { metadata: { name: 'settings', namespace: 'default' }, data: { colour: 'green' } })
    await client.create(secret, { metadata: { name: 'hidden', namespace: 'default' }, stringData: { word: 'sesame' } })
    environment = createPodEnvironment({
      client, nodeName: 'machine', hostIPs: ['192.0.2.9'], clock: realClock, random, log: silent, runtime: stage.runtime, cgroupRoot: stage.cgroup, dirs,
      dns: { server: '10.96.0.10', domain: 'cluster.local' }, services,
    })
  })
  after(async () => {
    try {
      services?.stop()
      for (const uid of await environment?.present() ?? []) await environment.tearDown(uid)
      await cluster?.stop()
    } finally { await stage.close() }
  })

  const made = (container: Container, spec: Partial<Pod['spec']> = {}): Promise<Pod> => cluster.client.create(podKind, {
    metadata: { name: `p${count++}`, namespace: 'default', labels: { app: 'x' } },
    spec: { nodeName: 'machine', terminationGracePeriodSeconds: 0, automountServiceAccountToken: false, ...spec, containers: [{ name: 'main', image: busybox, ...container }] } as Pod['spec'],
  })
  const shell = (script: string): Container => ({ command: ['sh', '-c', script] })

  /** Runs the pod's container to its end, lets `look` see what it left, and takes everything away. */
  async function run(pod: Pod, look: (ran: Ran) => Promise<void> | void): Promise<void> {
    const { runtime } = stage, container = pod.spec.containers[0]!
    await environment.setUp(pod)
    const sandbox = environment.sandboxConfig(pod, 0), sandboxId = await runtime.runPodSandbox(sandbox)
    try {
      const podIPs = pod.spec.hostNetwork ? ['192.0.2.9'] : (await runtime.podSandboxStatus(sandboxId)).ips
      const config = await environment.containerConfig(pod, container, { sandbox, attempt: 0, podIPs, image: (await runtime.imageStatus(busybox))! })
      const id = await runtime.createContainer(sandboxId, config, sandbox), ended = exited(id)
      await runtime.startContainer(id)
      const status = await ended
      await look({ pod, id, status, says: (text) => says(status.logPath, text) })
    } finally {
      await runtime.removePodSandbox(sandboxId)
      await environment.tearDown(pod.metadata.uid)
    }
  }
  /** The last lines of a log come a moment after the container's end. */
  async function says(logPath: string, text: RegExp): Promise<void> {
    let output = ''
    for await (const piece of readLogFile(logPath, { follow: true, signal: AbortSignal.timeout(5_000) }, new Promise(() => {}))) {
      output += new TextDecoder().decode(piece)
      if (text.test(output)) return
    }
    assert.match(output, text)
  }
  const exited = (id: string): Promise<ContainerStatus> => new Promise((resolve) => {
    const stop = stage.runtime.events((event) => {
      if (event.type === 'containerExited' && event.containerId === id) { resolve(event.status!); queueMicrotask(() => stop()) }
    })
  })

  test('a container has its variables, arguments, name and place', async () => run(await made({
    command: ['sh', '-c', 'echo "$COLOUR $WORD $NAME $NODE $KUBERNETES_SERVICE_HOST $0 $(hostname) $(pwd)"; cat /etc/resolv.conf /etc/hosts', '$(COLOUR)!'], workingDir: '/tmp',
    env: [
      { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } }, { name: 'WORD', valueFrom: { secretKeyRef: { name: 'hidden', key: 'word' } } },
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    ],
  }), async ({ pod: { metadata: { name } }, says }) => {
    await says(new RegExp(`^green sesame ${name} machine 10\\.96\\.0\\.1 green! ${name} /tmp\n`))
    await says(/^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/m)
    await says(/^nameserver 10\.96\.0\.10$/m)
    await says(new RegExp(`^[0-9.]+\\t${name}$`, 'm'))
  }))

  test('volumes are there: files of a ConfigMap, of a Secret in memory, and an empty folder', async () => run(await made({
    ...shell('exec 2>&1; cat /settings/colour /hidden/word; echo; echo kept > /scratch/a; cat /scratch/a; echo no > /settings/x || echo readonly'),
    env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    volumeMounts: [{ name: 'settings', mountPath: '/settings' }, { name: 'hidden', mountPath: '/hidden' }, { name: 'scratch', mountPath: '/scratch', subPathExpr: '$(POD)/inner' }],
  }, { volumes: [{ name: 'settings', configMap: { name: 'settings' } }, { name: 'hidden', secret: { secretName: 'hidden' } }, { name: 'scratch', emptyDir: {} }] }),
  ({ says }) => says(/^greensesame\nkept\n[^]*readonly\n$/)))

  test('limits reach the cgroups of the container and of the pod', async () => run(await made({
    ...shell('echo done'), resources: { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '200m', memory: '64Mi' } },
  }), ({ pod, status }) => {
    assert.deepEqual([status.resources?.cpuQuota, status.resources?.memoryLimitInBytes], [20_000, 64 * 2 ** 20])
    const cgroup = join(stage.cgroup, 'burstable', `pod${pod.metadata.uid}`)
    const value = (first: string, second: string): string => readFileSync(existsSync(join('/sys/fs/cgroup', first.split('.')[0]!, cgroup)) ? join('/sys/fs/cgroup', first.split('.')[0]!, cgroup, first) : join('/sys/fs/cgroup', cgroup, second), 'utf8').trim()
    assert.equal(value('memory.limit_in_bytes', 'memory.max'), String(64 * 2 ** 20))
  }))

  test('a container runs as the user and groups that are asked for, and may not more than that', async () => run(await made({
    ...shell('exec 2>&1; id -u; id -G; touch /x || echo readonly; grep NoNewPrivs /proc/self/status'),
    securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }, { securityContext: { runAsUser: 1234, runAsGroup: 5, fsGroup: 77, supplementalGroups: [88], runAsNonRoot: true } }), ({ says }) => says(/^1234\n5 77 88\n[^]*readonly\nNoNewPrivs:\s+1\n/)))

  test('a privileged container in the network of the node', async () => run(await made({ ...shell('exec 2>&1; mount -t tmpfs x /tmp && echo mounted; test -d /sys/class/net/lo && cat /etc/hosts'), securityContext: { privileged: true } }, { hostNetwork: true }),
    ({ says }) => says(/^mounted\n# Kubernetes-managed hosts file \(host network\)\.\n/)))

  test('last words are kept, those of the log when there are no others', async () => {
    await run(await made(shell('printf bye > /dev/termination-log; exit 3')), async ({ pod, id, status }) => {
      assert.equal(status.exitCode, 3)
      assert.equal(await environment.terminationMessage(pod, pod.spec.containers[0]!, id, true), 'bye')
    })
    await run(await made({ ...shell('seq 100; exit 1'), terminationMessagePolicy: 'FallbackToLogsOnError' }), async ({ pod, id, says }) => {
      await says(/\n100\n$/)
      const message = await environment.terminationMessage(pod, pod.spec.containers[0]!, id, true)
      assert.deepEqual([message.split('\n')[0], message.split('\n').length, await environment.terminationMessage(pod, pod.spec.containers[0]!, id, false)], ['21', 81, ''])
    })
  })

  test('root is refused to a pod that must not have it, and what is missing is named', async () => {
    const config = async (container: Container, spec: Partial<Pod['spec']> = {}) => {
      const pod = await made(container, spec)
      await environment.setUp(pod)
      const sandbox = environment.sandboxConfig(pod, 0)
      try { return await environment.containerConfig(pod, pod.spec.containers[0]!, { sandbox, attempt: 0, podIPs: ['10.0.0.1'], image: (await stage.runtime.imageStatus(busybox))! }) } finally { await environment.tearDown(pod.metadata.uid) }
    }
    await assert.rejects(config({}, { securityContext: { runAsNonRoot: true } }), { reason: 'CreateContainerConfigError', message: /^container has runAsNonRoot and image will run as root/ })
    await assert.rejects(config({ envFrom: [{ configMapRef: { name: 'nowhere' } }] }), { reason: 'CreateContainerConfigError', message: 'configmap "nowhere" not found' })
  })

  test('an ended pod keeps its log until its sandbox is gone; then nothing is left', async () => {
    let gone: Pod | undefined
    await run(await made(shell('echo words')), async ({ pod, says }) => {
      gone = pod
      await environment.tearDown(pod.metadata.uid)
      await says(/^words\n$/)
      assert.ok(readdirSync(dirs.logs).some((name) => name === `default_${pod.metadata.name}_${pod.metadata.uid}`))
      assert.deepEqual(await environment.present(), [pod.metadata.uid])
    })
    assert.ok(gone)
    assert.deepEqual([await environment.present(), readdirSync(dirs.logs)], [[], []])
  })
}
