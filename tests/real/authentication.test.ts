// minutes: 1
// A server process with its flags: a token webhook as aws-iam-authenticator is one, an authenticating proxy, certificates and authorities that
// are replaced while it runs, bootstrap tokens, tokens in Secrets.
import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { issue, Pki, type Certificate } from '../../src/assembly/pki.ts'
import { ServerProcess } from './server-process.ts'

let home: string, server: ServerProcess
const admin = 'admintoken'
const authorities: Record<'webhook' | 'clients' | 'proxies' | 'serving' | 'next', Certificate> = {} as never
const file = (name: string, text: string) => { const path = join(home, name); writeFileSync(path, text); return path }
const pair = async (name: string, authority: Certificate, commonName: string) => {
  const { certificate, key } = await issue(authority, { commonName, ips: ['127.0.0.1'], dnsNames: [`${commonName}.example`] }, ['server'])
  return [file(`${name}.crt`, certificate), file(`${name}.key`, key)] as const
}

/** Answers as aws-iam-authenticator does: 403 for whom it does not know. */
const reviews: { token: string; apiVersion: string; user: string | undefined }[] = []
let authenticator: ReturnType<typeof createServer>
async function startAuthenticator(): Promise<number> {
  const own = await issue(authorities.webhook, { commonName: 'authenticator', ips: ['127.0.0.1'] }, ['server'])
  authenticator = createServer({ cert: own.certificate, key: own.key, ca: authorities.webhook.certificate, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => { text += chunk.toString() })
    request.on('end', () => {
      const { apiVersion, spec: { token } } = JSON.parse(text) as { apiVersion: string; spec: { token: string } }
      reviews.push({ token, apiVersion, user: request.headers.authorization })
      const known = token.startsWith('k8s-aws-v1.'), status = known ? { authenticated: true, user: { username: 'arn', uid: 'u', groups: ['devs'], extra: { arn: ['aws'] } } }
        : { authenticated: false, user: {} }
      response.writeHead(known && request.url === '/authenticate?timeout=30s' ? 200 : 403,
        { 'content-type': 'application/json' }).end(JSON.stringify({ apiVersion, kind: 'TokenReview', status }))
    })
  })
  await new Promise<void>((resolve) => { authenticator.listen(0, '127.0.0.1', resolve) })
  return (authenticator.address() as AddressInfo).port
}

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'proa-authn-'))
  for (const name of ['webhook', 'clients', 'proxies', 'serving', 'next'] as const) authorities[name] = await new Pki(join(home, `pki-${name}`)).authority('ca', name)
  const port = await startAuthenticator()
  const kubeconfig = file('webhook.yaml', `apiVersion: v1
kind: Config
clusters: [{ name: w, cluster: { server: "https://127.0.0.1:${port}/authenticate?timeout=30s",
  certificate-authority-data: ${Buffer.from(authorities.webhook.certificate).toString('base64')} } }]
users: [{ name: u, user: { token: secret } }]
contexts: [{ name: c, context: { cluster: w, user: u } }]
current-context: c
`)
  const [cert, key] = await pair('serving', authorities.serving, 'main'), [sniCert, sniKey] = await pair('sni', authorities.serving, 'other')
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  server = await ServerProcess.start(home, ['--token-auth-file', file('tokens.csv', `${admin},admin,uid1,system:masters\n`), '--authentication-token-webhook-config-file',
    kubeconfig, '--authentication-token-webhook-version', 'v1',
    '--client-ca-file', file('clients.pem', authorities.clients.certificate), '--requestheader-client-ca-file', file('proxies.pem', authorities.proxies.certificate),
      '--requestheader-allowed-names', 'gate',
    '--requestheader-username-headers', 'X-User', '--tls-cert-file', cert, '--tls-private-key-file', key, '--tls-sni-cert-key', `${sniCert},${sniKey}`,
      '--enable-bootstrap-token-auth',
    '--service-account-signing-key-file', file('sa.key', signing.privateKey.export({ type: 'sec1', format: 'pem' }) as string), '--service-account-issuer', 'https://one',
      '--service-account-issuer', 'https://two', '--api-audiences', 'api,https://one',
    '--service-account-max-token-expiration', '20m'])
})
after(async () => {
  await server?.stop()
  authenticator.closeAllConnections()
  authenticator.close()
  rmSync(home, { recursive: true, force: true })
})
const everybody = 'system:authenticated'
const me = { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } }
const whoAmI = 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews'
async function until<T>(what: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 20_000; ;) {
    const found = await what().catch(() => undefined)
    if (found) return found
    if (Date.now() > end) throw new Error('it did not happen')
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
}
const shown = (servername?: string) => new Promise<string>((resolve, reject) => {
  const { hostname, port } = new URL(server.url)
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...(servername && { servername }) },
    () => { resolve(socket.getPeerCertificate().subject.CN as string); socket.destroy() }).on('error', reject)
})

test('a webhook knows tokens, and is asked once for a while', async () => {
  for (const _ of [1, 2]) assert.deepEqual(await server.who('k8s-aws-v1.abc'), { username: 'arn', uid: 'u', groups: ['devs', everybody], extra: { arn: ['aws'] } })
  assert.deepEqual(reviews, [{ token: 'k8s-aws-v1.abc', apiVersion: 'authentication.k8s.io/v1', user: 'Bearer secret' }])
  assert.equal(await server.who('nobody'), 401)
  assert.equal(await server.why('nobody', admin), 'the webhook answered 403')
})

test('a proxy says whom it speaks for; others may not', async () => {
  const gate = await issue(authorities.proxies, { commonName: 'gate' }, ['client']), thief = await issue(authorities.proxies, { commonName: 'thief' }, ['client']),
    jane = await issue(authorities.clients, { commonName: 'jane', organizations: ['a'] }, ['client'])
  const ask = async ({ certificate: cert, key }: Certificate, headers = {}) =>
    { const { status, body } = await server.ask(whoAmI, { ...me, cert, key, headers }); return status === 201 ? [body.status.userInfo.username, ...body.status.userInfo.groups]
    : status }
  const headers = { 'x-user': 'eve', 'x-remote-group': 'system:masters' }
  assert.deepEqual(await ask(gate, headers), ['eve', 'system:masters', everybody])
  assert.equal(await ask(gate), 401)
  assert.equal(await ask(thief, headers), 401)
  assert.deepEqual(await ask(jane, headers), ['jane', 'a', everybody])
  const { data } = (await server.ask('GET /api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication', { token: admin })).body
  assert.deepEqual([data['requestheader-username-headers'], data['requestheader-allowed-names']], ['["X-User"]', '["gate","front-proxy-client"]'])
  for (const [key, authority] of [['client-ca-file', authorities.clients],
    ['requestheader-client-ca-file', authorities.proxies]] as const) assert.ok(data[key].includes(authority.certificate.trim()), key)
})

test('certificates and authorities are replaced without a restart, and extension servers are told', async () => {
  assert.deepEqual([await shown(), await shown('other.example')], ['main', 'other'])
  const late = await issue(authorities.next, { commonName: 'late' }, ['client'])
  const ask = async () => (await server.ask(whoAmI, { ...me, cert: late.certificate, key: late.key })).status
  assert.equal(await ask(), 401)
  await pair('serving', authorities.serving, 'renewed')
  await until(async () => await shown() === 'renewed')
  file('clients.pem', authorities.next.certificate)
  await until(async () => await ask() === 201)
  const jane = await issue(authorities.clients, { commonName: 'jane' }, ['client'])
  assert.equal((await server.ask(whoAmI, { ...me, cert: jane.certificate, key: jane.key })).status, 401, 'the old authority is no longer believed')
  await until(async () => (await server.ask('GET /api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication',
    { token: admin })).body.data['client-ca-file'].includes(authorities.next.certificate.trim()))
  file('clients.pem', 'nonsense')
  await until(async () => readFileSync(join(server.folder, 'logs', 'control-plane.log'), 'utf8').includes('a changed file could not be taken over'))
  assert.equal(await ask(), 201, 'what cannot be read changes nothing')
})

test('a new node shows a bootstrap token', async () => {
  const data = { 'token-id': 'abc123', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' }
  await server.ask('POST /api/v1/namespaces/kube-system/secrets',
    { token: admin, body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bootstrap-token-abc123' }, type: 'bootstrap.kubernetes.io/token', stringData: data } })
  assert.deepEqual(await server.who('abc123.0123456789abcdef'), { username: 'system:bootstrap:abc123', groups: ['system:bootstrappers', everybody] })
})

test('service account tokens: our key, our issuers, our audiences, our longest life; and those in Secrets', async () => {
  const ask = (spec: object) => server.ask('POST /api/v1/namespaces/default/serviceaccounts/default/token',
    { token: admin, body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec } })
  const { body: { spec, status }, headers } = await until(async () => { const answer = await ask({ expirationSeconds: 7200 }); return answer.status === 201 && answer })
  assert.deepEqual([spec.audiences, spec.expirationSeconds, headers['warning']],
    [['api', 'https://one'], 1200, '299 - "requested expiration of 7200 seconds shortened to 1200 seconds"'])
  const [head, claims] = (status.token as string).split('.').map((part) => { try { return JSON.parse(Buffer.from(part, 'base64url').toString()) } catch { return undefined } })
  assert.deepEqual([head.alg, claims.iss], ['ES384', 'https://one'])
  assert.equal((await server.who(status.token) as { username: string }).username, 'system:serviceaccount:default:default')
  await server.ask('POST /api/v1/namespaces/default/secrets',
    { token: admin, body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'ci', annotations: { 'kubernetes.io/service-account.name': 'default' } },
    type: 'kubernetes.io/service-account-token' } })
  const { data } = await until(async () => { const { body } = await server.ask('GET /api/v1/namespaces/default/secrets/ci', { token: admin }); return body.data?.token && body })
  assert.equal((await server.who(atob(data.token)) as { username: string }).username, 'system:serviceaccount:default:default')
  assert.deepEqual([atob(data.namespace), atob(data['ca.crt']).startsWith('-----BEGIN CERTIFICATE-----')], ['default', true])
})
