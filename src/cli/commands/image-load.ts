import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineCommand } from '../command.ts'
import { pathsOf } from '../cluster-options.ts'
import { checkLayout } from '../data-dir.ts'
import { Failure, messageOf } from '../failure.ts'
import { list } from '../flag.ts'
import { clusterFlags, outputFlags } from '../flags/cluster-flags.ts'
import { openFileLog } from '../file-log.ts'
import { readPidFile } from '../pid-file.ts'
import { ofCluster } from '../up/describe.ts'

export const imageLoad = defineCommand({
  name: 'image load',
  summary: 'Load images into the nodes of a running cluster',
  about: `
A tar as docker save, podman save or a builder writes it (OCI or docker format). Or a folder: what is in it becomes
an image of one layer that is called like it, localhost/hello:1 for the folder hello:1.`,
  examples: [['docker save shop:1.0 | ./proa image load -', 'straight from docker'], ['./proa image load shop.tar --nodes node-2', 'one node only']],
  arguments: [{ name: 'FILE', description: 'An image as a tar or folder; - reads a tar from stdin', required: true, several: true, completes: 'file' }],
  flags: { ...clusterFlags, nodes: list({ description: 'Only into these nodes' }), ...outputFlags },
  run: async (values, words, terminal) => {
    const paths = pathsOf(values)
    checkLayout(paths)
    if (!readPidFile(paths.pidFile)) throw new Failure(`cluster ${values.name} is not running. Start it with ./proa up${ofCluster(values.name)}.`)
    const { files, cleanUp } = await collect(words)
    const progress = terminal.progress('loading images')
    const { log, close } = openFileLog(paths.controlPlaneLog, { level: 'info', now: Date.now })
    try {
      const { assembly } = await import('../up/run-up.ts')
      const loaded = await (await assembly()).loadImages(paths, files, values.nodes, { log, progress: (step) => { progress.update(step) } })
      progress.end()
      if (values.output === 'json') terminal.out(JSON.stringify(loaded))
      else for (const { name, nodes } of loaded) terminal.out(`${terminal.paint.green('✓')} ${name}  ${terminal.paint.dim(nodes.join(', '))}`)
      return 0
    } catch (error) {
      progress.end()
      log.error('images were not loaded', { error })
      throw error instanceof Failure ? error : new Failure(messageOf(error), 1, { cause: error })
    } finally {
      progress.end()
      close()
      cleanUp()
    }
  },
})

/** Absolute paths that exist; what comes from stdin goes through a file, because several nodes read it. */
async function collect(words: readonly string[]): Promise<{ files: string[]; cleanUp: () => void }> {
  for (const word of words) {
    if (word === '-') continue
    try { statSync(word) } catch (error) { throw new Failure(`there is no file or folder ${word}. Give an image as a tar (docker save ${word} > image.tar), a folder, or - for a tar on stdin`, 1, { cause: error }) }
  }
  if (!words.includes('-')) return { files: words.map((word) => resolve(word)), cleanUp: () => {} }
  const [{ mkdtempSync, rmSync, createWriteStream }, { tmpdir }, { join }, { pipeline }] = await Promise.all([import('node:fs'), import('node:os'), import('node:path'), import('node:stream/promises')])
  const dir = mkdtempSync(join(tmpdir(), 'proa-image-'))
  const cleanUp = () => { rmSync(dir, { recursive: true, force: true }) }
  try {
    await pipeline(process.stdin, createWriteStream(join(dir, 'stdin.tar'), { mode: 0o600 }))
  } catch (error) {
    cleanUp()
    throw error
  }
  return { files: words.map((word) => word === '-' ? join(dir, 'stdin.tar') : resolve(word)), cleanUp }
}
