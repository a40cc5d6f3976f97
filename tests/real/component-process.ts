// Components of the control plane as processes of their own, and what they do to the cluster.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { load } from 'js-yaml'
import type { ServerProcess } from './server-process.ts'

const root = join(import.meta.dirname, '../..'), deadlineMs = 60_000

/** A process of `proa`, and what it has printed. */
export class ComponentProcess {
  printed = ''
  readonly #child: ChildProcess
  readonly #waiting = new Set<() => void>()
  constructor(home: string, args: readonly string[]) {
    this.#child = spawn(join(root, 'proa'), args, { env: { ...process.env, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => { this.printed += text; for (const look of this.#waiting) look() })
  }
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => { reject(new Error(`it does not say ${pattern} but\n${this.printed}`)) }, deadlineMs)
      const look = () => { const found = pattern.exec(this.printed); if (found) { clearTimeout(late); this.#waiting.delete(look); resolve(found) } }
      this.#waiting.add(look)
      look()
    })
  }
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = await ended as [number | null]
    return code
  }
}

export interface Identity { readonly cert: string; readonly key: string }
/** Who the server's kubeconfig speaks for. */
export function administrator(server: ServerProcess): Identity {
  const { users } = load(readFileSync(server.kubeconfig, 'utf8')) as { users: { user: Record<string, string> }[] }, of = (field: string) => Buffer.from(users[0]!.user[field]!, 'base64').toString()
  return { cert: of('client-certificate-data'), key: of('client-key-data') }
}

/** Resolves with the objects of a list once they are as wanted. */
export function become(server: ServerProcess, admin: Identity, list: string, holds: (items: any[]) => boolean): Promise<any[]> { // allowed: whatever JSON came back
  return new Promise((resolve, reject) => {
    const items = new Map<string, any>() // allowed: whatever JSON came back
    const call = request(`${server.url}${list}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`, { rejectUnauthorized: false, ...admin }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (text += chunk).split('\n')
        text = lines.pop()!
        for (const { type, object } of lines.map((line) => JSON.parse(line) as { type: string; object: any })) // allowed: whatever JSON came back
          if (type === 'DELETED') items.delete(object.metadata.name)
          else if (type !== 'BOOKMARK') items.set(object.metadata.name, object)
        if (holds([...items.values()])) { clearTimeout(late); call.destroy(); resolve([...items.values()]) }
      })
    })
    const late = setTimeout(() => { call.destroy(); reject(new Error(`not in time: ${JSON.stringify([...items.values()]).slice(0, 2000)}`)) }, deadlineMs)
    call.on('error', () => {})
    call.end()
  })
}
