import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, type Dirent } from 'node:fs'
import { lstat, mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { fullImageName } from './image-name.ts'

/** One entry of an image's file system. Paths are relative to its root, without a leading slash. */
export type ImageFile =
  | { readonly path: string; readonly content: Uint8Array; readonly mode?: number }
  | { readonly path: string; readonly folder: true; readonly mode?: number }
  | { readonly path: string; readonly link: string }

/** What an image runs as: the part of the OCI image configuration that containers inherit. */
export interface ImageConfig {
  readonly entrypoint?: readonly string[]
  readonly cmd?: readonly string[]
  readonly env?: readonly string[]
  readonly workingDir?: string
  readonly user?: string
  readonly stopSignal?: string
  readonly labels?: Readonly<Record<string, string>>
}

export interface ImageSource {
  /** Names as users write them, such as hello:1 or localhost/hello; kept in full. */
  readonly names: readonly string[]
  /** The files themselves, or a folder whose content becomes the root. */
  readonly files: readonly ImageFile[] | string
  readonly config?: ImageConfig
  /** amd64 or arm64; absent is this machine's. */
  readonly architecture?: string
}

/** How this machine's architecture is called in images. */
export const thisArchitecture = (): string => process.arch === 'x64' ? 'amd64' : process.arch

/**
 * Writes an image as a tar in OCI image layout, which `ctr images import`, `docker load` and registries' tools take. One
 * layer; everything belongs to user 0 and is dated 1970, so that the same input gives the same bytes.
 * Returns the manifest's digest. Ends `out`.
 */
export async function writeOciImage(source: ImageSource, out: Writable): Promise<string> {
  if (source.names.length === 0) throw new Error('an image needs at least one name')
  const scratch = await mkdtemp(join(tmpdir(), 'proa-image-'))
  try {
    const layerFile = join(scratch, 'layer')
    const layer = await writeLayer(source.files, layerFile)
    const architecture = source.architecture ?? thisArchitecture()
    const config = json({
      architecture, os: 'linux', created: '1970-01-01T00:00:00Z', config: ociConfig(source.config ?? {}),
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    })
    const manifest = json({
      schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: layer.digest, size: layer.size }],
    })
    const index = json({
      schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: source.names.map(fullImageName).map((name) => ({
        ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest), platform: { architecture, os: 'linux' },
        annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1) },
      })),
    })
    const { pack } = await import('tar-stream')
    const tar = pack()
    const sent = pipeline(tar, out)
    sent.catch(() => {})
    const add = (name: string, content: Uint8Array) => { tar.entry({ name, ...fixed }, Buffer.from(content)) }
    add('oci-layout', json({ imageLayoutVersion: '1.0.0' }))
    add('index.json', index)
    add(blobPath(digestOf(manifest)), manifest)
    add(blobPath(digestOf(config)), config)
    await pipeline(createReadStream(layerFile), tar.entry({ name: blobPath(layer.digest), size: layer.size, ...fixed }))
    tar.finalize()
    await sent
    return digestOf(manifest)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const fixed = { mtime: new Date(0), uid: 0, gid: 0 }
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const descriptor = (mediaType: string, bytes: Uint8Array) => ({ mediaType, digest: digestOf(bytes), size: bytes.length })
const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`

const ociConfig = (config: ImageConfig) => ({
  Entrypoint: config.entrypoint, Cmd: config.cmd, WorkingDir: config.workingDir, User: config.user, StopSignal: config.stopSignal, Labels: config.labels,
  Env: config.env ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
})

/** Writes the gzipped layer to `path` and says what it is: diffId names the plain tar, digest the gzipped one. */
async function writeLayer(files: readonly ImageFile[] | string, path: string): Promise<{ diffId: string; digest: string; size: number }> {
  const { pack } = await import('tar-stream')
  const tar = pack()
  const plain = createHash('sha256')
  const packed = createHash('sha256')
  let size = 0
  const written = pipeline(
    tar, tap((chunk) => plain.update(chunk)), createGzip(),
    tap((chunk) => { packed.update(chunk); size += chunk.length }), createWriteStream(path, { mode: 0o600 }))
  written.catch(() => {})
  try {
    if (typeof files === 'string') await packFolder(tar, files, '')
    else for (const file of files) packFile(tar, file)
    tar.finalize()
  } catch (error) {
    tar.destroy(error as Error)
    throw error
  }
  await written
  return { diffId: `sha256:${plain.digest('hex')}`, digest: `sha256:${packed.digest('hex')}`, size }
}

type Pack = ReturnType<typeof import('tar-stream')['pack']>

function packFile(tar: Pack, file: ImageFile): void {
  const name = file.path.replace(/^\/+/, '')
  if ('content' in file) tar.entry({ name, mode: file.mode ?? 0o644, ...fixed }, Buffer.from(file.content))
  else if ('link' in file) tar.entry({ name, type: 'symlink', linkname: file.link, ...fixed })
  else tar.entry({ name, type: 'directory', mode: file.mode ?? 0o755, ...fixed })
}

async function packFolder(tar: Pack, root: string, inside: string): Promise<void> {
  const entries: Dirent[] = await readdir(join(root, inside), { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const name = inside === '' ? entry.name : `${inside}/${entry.name}`
    const path = join(root, name)
    const { mode, size } = await lstat(path)
    if (entry.isDirectory()) {
      tar.entry({ name, type: 'directory', mode: mode & 0o7777, ...fixed })
      await packFolder(tar, root, name)
    } else if (entry.isSymbolicLink()) {
      tar.entry({ name, type: 'symlink', linkname: await readlink(path), ...fixed })
    } else if (entry.isFile()) {
      await pipeline(createReadStream(path), tar.entry({ name, mode: mode & 0o7777, size, ...fixed }))
    } else {
      throw new Error(`${path} is neither a file, a folder nor a link; an image cannot hold it`)
    }
  }
}

const tap = (seen: (chunk: Buffer) => void): Transform =>
  new Transform({ transform(chunk: Buffer, _encoding, done) { seen(chunk); done(null, chunk) } })
