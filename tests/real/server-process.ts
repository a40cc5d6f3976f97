// `proa server` as a process of its own, and requests to it.
import { spawn, type ChildProcess } from 'node:child_process'
import { request } from 'node:https'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const startMs = 30_000

export interface Answer { readonly status: number; readonly body: any; readonly headers: NodeJS.Dict<string | string[]> } // allowed: whatever JSON came back

export class ServerProcess {
  readonly url: string
  readonly folder: string
  readonly #child: ChildProcess
  private constructor(url: string, folder: string, child: ChildProcess) { this.url = url; this.folder = folder; this.#child = child }

  /** Starts one with its data below `home`; rejects with what it printed when it ends instead. */
  static start(home: string, args: readonly string[], name = 'server'): Promise<ServerProcess> {
    const child = spawn(join(root, 'proa'), ['server', '--name', name, '--port', '0', ...args],
      { env: { ...process.env, PROA_HOME: home, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => { child.kill('SIGKILL'); reject(new Error(`not ready in time: ${printed}`)) }, startMs)
      const ended = (code: number | null) => { clearTimeout(late); reject(new Error(`ended with ${code}: ${printed}`)) }
      child.once('exit', ended)
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
        const url = /is ready in .*?(https:\/\/\S+)/.exec(printed)?.[1]
        if (url === undefined) return
        clearTimeout(late)
        child.off('exit', ended)
        resolve(new ServerProcess(url, join(home, name), child))
      })
    })
  }
  get kubeconfig(): string { return join(this.folder, 'kubeconfig') }
  /** Does nothing when it has ended. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((resolve) => { this.#child.once('exit', resolve) })
    this.#child.kill('SIGTERM')
    await ended
  }

  /** Whatever the server answers; its certificate is not looked at. */
  ask(line: string, { token, body, headers, cert, key }: { token?: string; body?: object; headers?: Record<string, string>; cert?: string; key?: string } = {}): Promise<Answer> {
    const [method, path] = line.split(' ') as [string, string]
    return new Promise((resolve, reject) => {
      const call = request(`${this.url}${path}`, { method, rejectUnauthorized: false, agent: false, ...(cert !== undefined && { cert, key }),
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers } }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
        answer.on('end', () => { resolve({ status: answer.statusCode ?? 0, body: text.startsWith('{') ? JSON.parse(text) : text, headers: answer.headers }) })
      })
      call.on('error', reject)
      call.end(body && JSON.stringify(body))
    })
  }
  /** Who the server takes the holder of a token for; the status when for nobody. */
  async who(token: string): Promise<object | number> {
    const { status, body } = await this.ask('POST /apis/authentication.k8s.io/v1/selfsubjectreviews',
      { token, body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } })
    return status === 201 ? body.status.userInfo : status
  }
  /** Why the server takes it for nobody. */
  async why(token: string, admin: string): Promise<string | undefined> {
    const { body } = await this.ask('POST /apis/authentication.k8s.io/v1/tokenreviews',
      { token: admin, body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } } })
    return body.status.error
  }
}
