// minutes: 9
// Recorded requests and answers of the reference, replayed against the real server: tests/transcripts/README.md says what they are.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { clearNamespaces, Client, diff, runTranscript, type Transcript } from '../transcripts/engine.mjs'
import { polled, raced } from '../transcripts/raced.ts'
import { root } from './terminal.ts'

const recorded = join(root, 'tests/transcripts/recorded')
/** Servers side by side: a transcript waits more than it works, and each needs a cluster to itself. */
const servers = 4
/** These wait for the next full minute, or for a compaction: they begin first. */
const slow = ['c-z-expired', 'h-cronjob']

const transcripts = readdirSync(recorded).filter((file) => file.endsWith('.json')).map((file) => JSON.parse(readFileSync(join(recorded, file), 'utf8')) as Transcript)
  .sort((a, b) => Number(slow.includes(b.name)) - Number(slow.includes(a.name)) || b.steps.length - a.steps.length)
const outcomes = new Map(transcripts.map((t) => [t.name, Promise.withResolvers<string[]>()]))

let dir = ''
const running: ChildProcess[] = []
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'proa-transcripts-'))
  writeFileSync(join(dir, 'tokens.csv'), 'admintoken,admin,uid1,system:masters\n')
  const queue = [...transcripts]
  for (let i = 0; i < servers; i++) {
    void startServer(i).then(async (server) => {
      const client = new Client({ server, token: 'admintoken', insecure: true })
      for (let next = queue.shift(); next; next = queue.shift()) outcomes.get(next.name)!.resolve(await played(client, next))
    }).catch((error: unknown) => { for (const { reject } of outcomes.values()) reject(error) })
  }
  for (const { promise } of outcomes.values()) promise.catch(() => {}) // each test tells its own
})
after(async () => {
  await Promise.all(running.map((server) => new Promise((resolve) => { server.once('exit', resolve); server.kill('SIGTERM') })))
  rmSync(dir, { recursive: true, force: true })
})

/** Resolves with the URL when the server answers. The flags are those the recordings were made with. */
function startServer(i: number): Promise<string> {
  const server = spawn(join(root, 'proa'), ['server', '--name', `transcripts-${i}`, '--data-dir', join(dir, String(i)), '--port', '0', '--token-auth-file', join(dir, 'tokens.csv'), '--authorization-mode=Node,RBAC',
    '--service-cluster-ip-range=10.0.0.0/16', '--service-account-issuer=https://kubernetes.default.svc', '--etcd-compaction-interval=60s', '-o', 'json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(server)
  return new Promise((resolve, reject) => {
    let out = '', err = ''
    server.stderr.setEncoding('utf8').on('data', (text: string) => { err += text })
    server.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      const url = /https:\/\/[\d.]+:\d+/.exec(out)
      if (url) resolve(url[0])
    })
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${err}${out}`)))
  })
}

async function played(client: Client, transcript: Transcript): Promise<string[]> {
  const differences = await replayed(client, transcript)
  return differences.length > 0 && polled.has(transcript.name) ? replayed(client, transcript) : differences
}
/** What differs, a line each. */
async function replayed(client: Client, transcript: Transcript): Promise<string[]> {
  const lines: string[] = []
  try {
    await clearNamespaces(client, transcript)
    await runTranscript(client, transcript, (step, actual) => {
      if (!step.expect || step.compare === 'none') return
      const race = raced[`${transcript.name} ${step.id}`]
      for (const { path, expected, actual: got } of diff(comparable(step.expect, race), comparable(actual, race)).slice(0, 10)) lines.push(`${step.id} ${path}: expected ${shown(expected)}, got ${shown(got)}`)
    })
  } catch (error) {
    lines.push(`aborted: ${error instanceof Error ? error.message : String(error)}`)
  }
  return lines
}
/** Both clusters have an authority of their own, whose certificate lies in the root CA ConfigMaps; what races is named for each step. */
const comparable = (answer: object, race?: RegExp): object => {
  const text = JSON.stringify(answer).replace(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----(?:\\n)*/g, '<certificate>')
  return JSON.parse(race ? text.replace(race, (found) => (found.startsWith('"') ? '"<raced>"' : '<raced>')) : text) as object
}
const shown = (value: unknown): string => (value === undefined ? '(nothing)' : JSON.stringify(value).slice(0, 500))

for (const { name, about } of transcripts.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
  test(`${name}: ${about}`, async () => { assert.deepEqual(await outcomes.get(name)!.promise, []) })
