// Images into the nodes of a running cluster: an OCI or docker tar, or a folder that becomes an image.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { basename, resolve } from 'node:path'
import type { ClusterProgram } from '#cli'
import { connectRuntime, containerdPaths, writeOciImage } from '#node'
import { planHosts, type ClusterNetwork } from '#network'
import { join } from 'node:path'
import { agentConfigFile, type AgentConfig } from './agent-config.ts'
import { containerdOptions } from './real-nodes.ts'

export const loadImages: ClusterProgram['loadImages'] = async (paths, files, wanted, { progress }) => {
  const networkFile = join(paths.clusterDir, 'network.json')
  if (!existsSync(networkFile)) throw new Error(`cluster ${paths.name} has no nodes that run containers; start it with --runtime containerd`)
  const all = planHosts(JSON.parse(readFileSync(networkFile, 'utf8')) as ClusterNetwork).nodes.map((n) => n.name)
  const unknown = wanted.find((name) => !all.includes(name))
  if (unknown) throw new Error(`cluster ${paths.name} has no node ${unknown}; its nodes are ${all.join(', ')}`)
  for (const file of files) if (!existsSync(file)) throw new Error(`there is no file or folder ${file}`)
  const nodes = wanted.length > 0 ? wanted : all, loaded = new Map<string, string[]>()
  for (const node of nodes) {
    const config = JSON.parse(readFileSync(agentConfigFile(paths, node), 'utf8')) as AgentConfig
    const runtime = await connectRuntime(containerdPaths(containerdOptions(config)).socket)
    try {
      for (const file of files) {
        progress(`loading ${basename(file)} into ${node}`)
        const names = await importFile(runtime, resolve(file)).catch((error: unknown) => { throw refused(file, node, error) })
        for (const name of names) loaded.set(name, [...(loaded.get(name) ?? []), node])
      }
    } finally { runtime.close() }
  }
  return [...loaded].map(([name, on]) => ({ name, nodes: on }))
}

function refused(file: string, node: string, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error)
  return new Error(`${file} was not loaded into ${node}: ${message}. It has to be a tar as docker save or a builder writes it, or a folder with the image's files.`, { cause: error })
}

/** What an image made from a folder is called: localhost/<folder>, and :latest unless the folder's name has a tag, as in hello:1. */
const imageName = (folder: string): string => `localhost/${folder.includes(':') ? folder : `${folder}:latest`}`

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

type Connected = Awaited<ReturnType<typeof connectRuntime>>
async function importFile(runtime: Connected, file: string): Promise<readonly string[]> {
  if (!statSync(file).isDirectory()) return runtime.importImages(createReadStream(file))
  const tar = new PassThrough()
  const [names] = await Promise.all([runtime.importImages(tar), writeOciImage({ names: [imageName(basename(file))], files: file, config: { env: [`PATH=${searchPath}`], cmd: ['sh'] } }, tar)])
  return names
}
