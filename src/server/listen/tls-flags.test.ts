import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions } from 'node:tls'
import { test } from 'node:test'
import { silent } from '#machinery'
import { issue, Pki } from '../../assembly/pki.ts'
import { listen, type ListenOptions } from './listen.ts'
import { tlsChoices } from './tls-flags.ts'

async function shake(more: Partial<ListenOptions>, asked: ConnectionOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'proa-tls-'))
  const own = await issue(await new Pki(folder).authority('ca', 'test'), { commonName: 'server', ips: ['127.0.0.1'] }, ['server'])
  const server = await listen({ handler: async () => { throw new Error('nobody asks') }, host: '127.0.0.1', port: 0, ...own, log: silent, ...more })
  try {
    return await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ...asked }, () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().standardName} ${(socket.getEphemeralKeyInfo() as { name?: string } | null)?.name ?? ''} ${socket.alpnProtocol}`)
        socket.destroy()
      })
      socket.on('error', () => { resolve('refused') })
    })
  } finally {
    await server.close(0)
    rmSync(folder, { recursive: true, force: true })
  }
}
const choose = (flags: Partial<Parameters<typeof tlsChoices>[0]>) => ({ choices: tlsChoices({ minVersion: undefined, cipherSuites: [], curvePreferences: [], ...flags }) })

for (const [what, more, asked, expected] of [
  ['TLS 1.2 is spoken unless more is wanted', choose({}), { maxVersion: 'TLSv1.2' }, /^TLSv1\.2 /],
  ['VersionTLS13 refuses it', choose({ minVersion: 'VersionTLS13' }), { maxVersion: 'TLSv1.2' }, /^refused$/],
  ['VersionTLS13 speaks the newest', choose({ minVersion: 'VersionTLS13' }), {}, /^TLSv1\.3 /],
  ['a suite that was chosen', choose({ cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'] }), { maxVersion: 'TLSv1.2' }, /^TLSv1\.2 TLS_ECDHE_(ECDSA|RSA)_WITH_AES_256_GCM_SHA384 /],
  ['one that was not', choose({ cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] }), { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }, /^refused$/],
  ['suites of TLS 1.3 stay', choose({ cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'] }), {}, /^TLSv1\.3 TLS_AES_/],
  ['a curve that was chosen', choose({ curvePreferences: ['24'] }), { maxVersion: 'TLSv1.2' }, / (P-384|secp384r1) /],
  ['HTTP/2 is offered', {}, { ALPNProtocols: ['h2', 'http/1.1'] }, / h2$/],
  ['and not where it is switched off', { withoutHttp2: true }, { ALPNProtocols: ['h2', 'http/1.1'] }, / http\/1\.1$/],
] as const) test(`a handshake: ${what}`, async () => { assert.match(await shake(more, asked), expected) })

test('names that are nothing are refused', () => {
  assert.throws(() => choose({ cipherSuites: ['TLS_RSA_WITH_RC4_128_SHA'] }), { message: "Cipher suite TLS_RSA_WITH_RC4_128_SHA not supported or doesn't exist" })
  assert.throws(() => choose({ curvePreferences: ['1'] }), /there is no curve 1/)
})

test('two sockets share a port where they are told to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-tls-'))
  const own = await issue(await new Pki(folder).authority('ca', 'test'), { commonName: 'server', ips: ['127.0.0.1'] }, ['server'])
  const options: ListenOptions = { handler: async () => { throw new Error('nobody asks') }, host: '127.0.0.1', port: 0, ...own, log: silent, sharesPort: true }
  const first = await listen(options), second = await listen({ ...options, port: first.port })
  assert.equal(second.port, first.port)
  await assert.rejects(listen({ ...options, port: first.port, sharesPort: false }), { code: 'EADDRINUSE' })
  await Promise.all([first.close(0), second.close(0)])
  rmSync(folder, { recursive: true, force: true })
})
