// A test cluster's API server on a real socket, for what needs one.
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPki } from '#assembly'
import { httpClient } from '#client/http'
import type { Client } from '#client'
import { seeded, silent, type Clock } from '#machinery'
import { listen } from '#server/listen'
import type { TestCluster } from './test-cluster.ts'

export interface TestServer {
  readonly server: string
  /** The authority of its certificate, PEM. */
  readonly ca: string
  /** A client over HTTP/2, with the administrator's certificate. Its clock is the machine's. */
  readonly client: Client
  /** The administrator's certificate, as Node's TLS takes it. */
  readonly admin: { readonly cert: string; readonly key: string }
  stop(): Promise<void>
}

/** The machine's own time: sockets know no other. */
export const machineClock: Clock = { now: () => Date.now(), after(ms, run) { const timer = setTimeout(run, ms); return () => clearTimeout(timer) } }

/** Serves the cluster on a free port of the loopback address. */
export async function serve(cluster: TestCluster): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'proa-test-'))
  const pki = await createPki(folder)
  const authority = await pki.authority('ca', 'test authority')
  const leaf = await pki.leaf('server', authority, { commonName: 'kube-apiserver', ips: ['127.0.0.1'] }, ['server'])
  const admin = await pki.leaf('admin', authority, { commonName: 'kubernetes-admin', organizations: ['system:masters'] }, ['client'])
  rmSync(folder, { recursive: true })
  cluster.anchors.add(new X509Certificate(authority.certificate).fingerprint256.replaceAll(':', '').toLowerCase())
  const socket = await listen({ handler: cluster.plane.handler, isElsewhere: (url) => cluster.plane.server.isElsewhere(url), host: '127.0.0.1', port: 0, certificate: leaf.certificate, key: leaf.key, clientAuthority: authority.certificate, log: silent })
  const server = `https://127.0.0.1:${socket.port}`
  const client = httpClient({ server, ca: authority.certificate, cert: admin.certificate, key: admin.key, clock: machineClock, random: seeded(1), log: silent, userAgent: 'kubectl' })
  return { server, ca: authority.certificate, client, admin: { cert: admin.certificate, key: admin.key }, async stop() { client.close(); await socket.close() } }
}
