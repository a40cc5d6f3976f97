// needs: linux root
// Volumes that are mounts of their own: needs root. Everything happens below a folder that is mounted privately.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pod, secret, type Pod } from '#kinds'
import { silent, type New } from '#machinery'
import { TestCluster } from '#testing'
import { createVolumes } from '../../src/node/machine/volumes/index.ts'

const mountsBelow = (dir: string): string[] => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${dir}/`))

test('memory is memory of the asked size, parts of volumes stay what they were, and tearing down unmounts', async (t) => {
  const cluster = await TestCluster.start({ nodes: 1, scheduler: false }), root = mkdtempSync(join(tmpdir(), 'volumes-'))
  execFileSync('mount', ['--bind', '--make-private', root, root])
  const volumes = createVolumes({ client: cluster.client, nodeName: 'node-1', clock: cluster.clock, log: silent, podsDir: join(root, 'pods'), hostIPs: [] })
  t.after(async () => {
    volumes.stop()
    await cluster.stop()
    execFileSync('umount', ['--recursive', root])
    rmSync(root, { recursive: true })
  })
  await cluster.settle()
  await cluster.client.create(secret, { metadata: { name: 'keys', namespace: 'default' }, data: { key: 'AAEC' } })
  const p = await cluster.client.create(pod, { metadata: { name: 'web', namespace: 'default' }, spec: {
    nodeName: 'node-1', automountServiceAccountToken: false, volumes: [{ name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }, { name: 'keys', secret: { secretName: 'keys' } }, { name: 'work', emptyDir: {} }],
    containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'fast', mountPath: '/fast' }, { name: 'keys', mountPath: '/keys' }, { name: 'work', mountPath: '/work' }, { name: 'work', mountPath: '/part', subPath: 'part' }] }],
  } } as New<Pod>)
  await volumes.setUp(p)
  await volumes.setUp(p)
  const [fast, keys, work, part] = (await volumes.mounts(p, p.spec.containers[0]!)).map(({ hostPath }) => hostPath) as [string, string, string, string]
  assert.equal(statSync(fast).mode & 0o777, 0o777)
  assert.throws(() => writeFileSync(join(fast, 'big'), Buffer.alloc(2 << 20)), { code: 'ENOSPC' })
  assert.equal(execFileSync('stat', ['-f', '-c', '%T', keys], { encoding: 'utf8' }).trim(), 'tmpfs')

  // The container swaps its part for a link: what was mounted is still the part.
  renameSync(join(work, 'part'), join(work, 'moved'))
  symlinkSync('/etc', join(work, 'part'))
  writeFileSync(join(part, 'file'), 'text')
  assert.equal(readFileSync(join(work, 'moved', 'file'), 'utf8'), 'text')
  rmSync(join(work, 'part'))
  renameSync(join(work, 'moved'), join(work, 'part'))
  await volumes.mounts(p, p.spec.containers[0]!) // once more, for a container that starts anew
  assert.deepEqual(mountsBelow(root).filter((path) => path === part), [part])

  await volumes.tearDown(p.metadata.uid)
  assert.deepEqual(mountsBelow(root), [join(root, 'pods/.memory')])
  assert.deepEqual(await volumes.present(), [])
})
