import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { type ImageSource, writeOciImage } from './oci-image.ts'
import { pauseImage, pauseImageName } from './pause-image.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function build(source: ImageSource): Promise<{ digest: string; tar: Buffer }> {
  const out = new PassThrough()
  const [digest, tar] = await Promise.all([writeOciImage(source, out), buffer(out)])
  return { digest, tar }
}

async function unpack(tar: Buffer): Promise<Map<string, { header: Header; content: Buffer }>> {
  const files = new Map<string, { header: Header; content: Buffer }>()
  const reader = extract()
  reader.end(tar)
  for await (const entry of reader) files.set(entry.header.name, { header: entry.header, content: await buffer(entry) })
  return files
}

test('an image holds its files, its configuration and true digests, under every name', async () => {
  const { digest, tar } = await build({
    names: ['localhost/a:1', 'localhost/b:2'], architecture: 'amd64', config: { cmd: ['/bin/hello'], workingDir: '/data' },
    files: [{ path: 'bin', folder: true }, { path: 'bin/hello', content: Buffer.from('hi'), mode: 0o755 }, { path: 'bin/link', link: 'hello' }],
  })
  const files = await unpack(tar)
  for (const [name, { content }] of files) if (name.startsWith('blobs/sha256/')) assert.equal(sha256(content), name.slice(13))
  const index = JSON.parse(String(files.get('index.json')?.content))
  assert.deepEqual(index.manifests.map((m: { annotations: Record<string, string> }) => m.annotations['io.containerd.image.name']), ['localhost/a:1', 'localhost/b:2'])
  const blob = (of: string) => files.get(`blobs/${of.replace(':', '/')}`)!.content
  const manifest = JSON.parse(String(blob(digest)))
  const config = JSON.parse(String(blob(manifest.config.digest)))
  assert.deepEqual(config.config.Cmd, ['/bin/hello'])
  const layer = gunzipSync(blob(manifest.layers[0].digest))
  assert.equal(config.rootfs.diff_ids[0], `sha256:${sha256(layer)}`)
  const inside = await unpack(layer)
  assert.deepEqual([...inside.keys()].map((name) => name.replace(/\/$/, '')), ['bin', 'bin/hello', 'bin/link'])
  assert.equal(inside.get('bin/hello')?.header.mode, 0o755)
  assert.equal(inside.get('bin/link')?.header.linkname, 'hello')
})

test('a folder becomes an image, the same bytes each time, large files included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'proa-image-test-'))
  try {
    await mkdir(join(folder, 'etc'))
    await writeFile(join(folder, 'etc', 'b'), Buffer.alloc(3_000_000, 7))
    await writeFile(join(folder, 'etc', 'a'), 'first')
    await chmod(join(folder, 'etc', 'a'), 0o600)
    await symlink('etc', join(folder, 'conf'))
    const one = await build({ names: ['localhost/x:1'], files: folder })
    const two = await build({ names: ['localhost/x:1'], files: folder })
    assert.deepEqual(one.tar, two.tar)
    assert.equal(one.digest, two.digest)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a folder with a socket in it is refused by name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'proa-image-test-'))
  const server = createServer()
  try {
    await new Promise<void>((done) => server.listen(join(folder, 'sock'), done))
    await assert.rejects(writeOciImage({ names: ['localhost/x:1'], files: folder }, new PassThrough()), /sock is neither a file/)
  } finally {
    server.close()
    await rm(folder, { recursive: true })
  }
})

test('the pause image is a few kilobytes and carries its name', async () => {
  const { tar } = await build(pauseImage())
  assert.ok(tar.length < 10_000)
  assert.match(String((await unpack(tar)).get('index.json')?.content), new RegExp(pauseImageName))
})
