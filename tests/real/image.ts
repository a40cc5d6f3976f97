import { readFile } from 'node:fs/promises'
import { PassThrough, type Readable } from 'node:stream'
import { type ImageSource, writeOciImage } from '../../src/node/runtime/oci-image.ts'

const applets = [
  'awk', 'cat', 'chmod', 'cp', 'cut', 'date', 'dd', 'df', 'echo', 'env', 'false', 'find', 'grep', 'head', 'hostname', 'httpd', 'id', 'ip', 'kill', 'ln',
  'ls', 'mkdir', 'mount', 'mv', 'nc', 'nslookup', 'ping', 'printf', 'ps', 'pwd', 'readlink', 'rm', 'sed', 'seq', 'sh', 'sleep', 'sort', 'stat', 'stty', 'tail',
  'tar', 'test', 'touch', 'tr', 'true', 'tty', 'uname', 'wc', 'wget', 'yes',
]

/** An image of the machine's static busybox, with `files` added or put in place. */
export async function busyboxImage(names: readonly string[], files: Extract<ImageSource['files'], readonly unknown[]> = []): Promise<ImageSource> {
  const busybox = await readFile('/bin/busybox').catch(() => { throw new Error('these tests need /bin/busybox: apt-get install busybox-static') })
  return {
    names, config: { cmd: ['sh'], env: ['PATH=/bin'] },
    files: [
      { path: 'bin', folder: true }, { path: 'bin/busybox', content: busybox, mode: 0o755 }, ...applets.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
      { path: 'etc', folder: true }, { path: 'etc/passwd', content: Buffer.from('root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n') },
      { path: 'etc/group', content: Buffer.from('root:x:0:\nnobody:x:65534:\n') }, { path: 'tmp', folder: true, mode: 0o1777 }, ...files,
    ],
  }
}

/** The image as a stream, as importImages takes it. */
export function imageTar(source: ImageSource): Readable {
  const tar = new PassThrough()
  writeOciImage(source, tar).catch((error: Error) => tar.destroy(error))
  return tar
}
