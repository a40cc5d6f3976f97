// How long a pod takes from its creation to Ready on a real node, the image being there.
import { spawnSync } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readFileSync } from 'node:fs'
import { pod as podKind } from '#kinds'
import { silent } from '#machinery'
import { httpClient } from '#client/http'
import { busyboxImage, imageTar } from '../tests/real/image.ts'
import { realClock, secureRandom } from '../src/assembly/real-clock.ts'
import { print } from './index.ts'

const root = dirname(import.meta.dirname), rounds = 15

export async function runPods(): Promise<void> {
  console.log('\npods on a real node')
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/containerd')) { console.log('left out: needs root and containerd (./proa setup)'); return }
  const folder = mkdtempSync(join(tmpdir(), 'proa-bench-')), env = { ...process.env, PROA_HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') }
  const proa = (...args: string[]) => { const r = spawnSync(join(root, 'proa'), [...args, '--name', 'benchpods'], { env, encoding: 'utf8', timeout: 120_000 }); if (r.status !== 0) throw new Error(r.stderr); return r.stdout }
  try {
    const { server } = JSON.parse(proa('up', '--nodes', '1', '--detach', '--output', 'json')) as { server: string }
    const pki = (name: string) => readFileSync(join(folder, 'benchpods', 'pki', name), 'utf8')
    const client = httpClient({ server, ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key'), clock: realClock, random: secureRandom(), log: silent })
    await pipeline(imageTar(await busyboxImage(['localhost/bench:1'])), createWriteStream(join(folder, 'image.tar')))
    proa('image', 'load', join(folder, 'image.tar'))
    const readyMs: number[] = [], goneMs: number[] = []
    for (let i = 0; i < rounds; i++) {
      const name = `p${i}`, ready = Promise.withResolvers<void>(), gone = Promise.withResolvers<void>()
      const stop = client.watch(podKind, { namespace: 'default', fieldSelector: `metadata.name=${name}`, resourceVersion: '0' }, ({ type, object }) => {
        if (type === 'DELETED') gone.resolve()
        else if (object.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')) ready.resolve()
      }, () => {})
      const begun = performance.now()
      await client.create(podKind, { metadata: { name, namespace: 'default' }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'localhost/bench:1', command: ['sleep', '1000'] }] } })
      await ready.promise
      readyMs.push(performance.now() - begun)
      const ending = performance.now()
      await client.delete(podKind, { name, namespace: 'default' }, { gracePeriodSeconds: 1 })
      await gone.promise
      goneMs.push(performance.now() - ending)
      stop()
    }
    const middle = (all: number[]) => `${Math.round(all.toSorted((a, b) => a - b)[all.length >> 1]!)} ms`
    print(`pod create to Ready, image present, median of ${rounds}`, middle(readyMs), '<= 500 ms, later 300')
    print(`slowest of them`, `${Math.round(Math.max(...readyMs))} ms`)
    print('pod delete (grace 1 s) to gone, median', middle(goneMs))
    client.close()
  } finally { try { proa('down', '--delete-data') } finally { rmSync(folder, { recursive: true, force: true }) } }
}
