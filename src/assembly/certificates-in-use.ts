// What the server shows itself with and whom it believes: the cluster's own certificates, and files that flags name. The files may be
// replaced while the server runs.
import { readFileSync } from 'node:fs'
import type { ClusterOptions } from '#cli'
import type { Log } from '#machinery'
import type { Anchors } from '#server'
import { tlsChoices, type KeyPair, type ServingCertificates } from '#server/listen'
import { certificatesOf, fingerprintsOf } from './anchors.ts'
import type { Certificate } from './pki.ts'
import { watchFiles } from './watched-file.ts'

type Flags = Pick<ClusterOptions,
  'clientCaFile' | 'requestheaderClientCaFile' | 'requestheaderAllowedNames' | 'tlsCertFile' | 'tlsPrivateKeyFile' | 'tlsSniCertKey' | 'proxyClientCertFile' | 'proxyClientKeyFile'> & Partial<Pick<ClusterOptions, 'tlsMinVersion' | 'tlsCipherSuites' | 'tlsCurvePreferences'>>
interface Own { readonly ca: Certificate; readonly frontProxyCa: Certificate; readonly serving: Certificate; readonly proxyIdentity: Certificate }
interface Now {
  readonly clientCa: string
  readonly frontProxyCa: string
  readonly clients: ReadonlySet<string>
  readonly proxies: ReadonlySet<string>
  readonly serving: ServingCertificates
  readonly proxyIdentity: KeyPair
}

export class CertificatesInUse {
  readonly #flags: Flags
  readonly #own: Own
  readonly #files: readonly string[]
  #now: Now

  /** Throws when a file is not there or holds no certificate. */
  constructor(flags: Flags, own: Own) {
    this.#flags = flags
    this.#own = own
    const { clientCaFile, requestheaderClientCaFile, tlsCertFile, tlsPrivateKeyFile, proxyClientCertFile, proxyClientKeyFile } = flags
    this.#files = [clientCaFile, requestheaderClientCaFile, tlsCertFile, tlsPrivateKeyFile, proxyClientCertFile, proxyClientKeyFile,
      ...flags.tlsSniCertKey.map(parseNamed).flatMap(({ certificate, key }) => [certificate, key])].filter((f) => f !== undefined)
    this.#now = this.#read()
  }

  get serving(): ServingCertificates { return this.#now.serving }
  get clientCa(): string { return this.#now.clientCa }
  get frontProxyCa(): string { return this.#now.frontProxyCa }
  readonly clients: Anchors = () => this.#now.clients
  readonly proxies: Anchors = () => this.#now.proxies
  /** What extension servers are shown; it reads as whatever is in force. */
  get proxyIdentity(): KeyPair {
    const now = () => this.#now.proxyIdentity
    return { get certificate() { return now().certificate }, get key() { return now().key } }
  }

  /** Calls `changed` when files have changed; what it throws leaves the old ones in force. Returns a stop function. */
  follow(log: Log, changed: () => void | Promise<void>): () => void {
    if (this.#files.length === 0) return () => {}
    return watchFiles(this.#files, log, async () => {
      const before = this.#now
      this.#now = this.#read()
      try { await changed() } catch (error) { this.#now = before; throw error }
      log.info('took over changed certificates', { files: this.#files })
    })
  }

  #read(): Now {
    const { clientCaFile, requestheaderClientCaFile, requestheaderAllowedNames, tlsCertFile, tlsPrivateKeyFile, tlsSniCertKey, proxyClientCertFile,
      proxyClientKeyFile, tlsMinVersion, tlsCipherSuites = [], tlsCurvePreferences = [] } = this.#flags
    const { ca, frontProxyCa: ownProxyCa, serving, proxyIdentity } = this.#own
    const givenClients = clientCaFile === undefined ? undefined : read(clientCaFile),
      givenProxies = requestheaderClientCaFile === undefined ? undefined : read(requestheaderClientCaFile),
      ownIdentity = proxyClientCertFile === undefined || proxyClientKeyFile === undefined
    const clientCas = givenClients === undefined ? [] : certificatesOf(givenClients, clientCaFile!),
      proxyCas = givenProxies === undefined ? [] : certificatesOf(givenProxies, requestheaderClientCaFile!)
    if (requestheaderAllowedNames.length === 0) refuseOverlap(clientCas, proxyCas)
    const clientCa = joined(givenClients, ca.certificate), frontProxyCa = joined(givenProxies, ownIdentity || !givenProxies ? ownProxyCa.certificate : undefined)
    const shown = tlsCertFile && tlsPrivateKeyFile ? { certificate: read(tlsCertFile), key: read(tlsPrivateKeyFile) } : serving
    return {
      clientCa, frontProxyCa, clients: fingerprintsOf(clientCa, clientCaFile ?? 'the client authority'),
        proxies: fingerprintsOf(frontProxyCa, requestheaderClientCaFile ?? 'the front-proxy authority'),
      serving: { ...shown, clientAuthority: joined(clientCa, frontProxyCa), choices: tlsChoices({ minVersion: tlsMinVersion, cipherSuites: tlsCipherSuites, curvePreferences: tlsCurvePreferences }),
        named: tlsSniCertKey.map(parseNamed).map(({ certificate, key, names }) => ({ certificate: read(certificate), key: read(key), names })) },
      proxyIdentity: ownIdentity ? proxyIdentity : { certificate: read(proxyClientCertFile), key: read(proxyClientKeyFile) },
    }
  }
}

const read = (path: string): string => readFileSync(path, 'utf8')
const joined = (...pems: readonly (string | undefined)[]): string => pems.filter((p) => p !== undefined).map((p) => (p.endsWith('\n') ? p : `${p}\n`)).join('')

function refuseOverlap(clients: ReturnType<typeof certificatesOf>, proxies: ReturnType<typeof certificatesOf>): void {
  if (clients.some((a) => proxies.some((b) => a.raw.equals(b.raw))))
    throw new Error('--requestheader-client-ca-file and --client-ca-file contain overlapping certificates; --requestheader-allowed-names must be specified to ensure regular client certificates cannot set authenticating proxy headers for arbitrary users')
}

/** `cert.pem,key.pem` or `cert.pem,key.pem:*.example.com,example.com`. */
export function parseNamed(text: string): { certificate: string; key: string; names: string[] } {
  const [files = '', names] = text.split(/:(?=[^/]*$)/, 2), [certificate, key, more] = files.split(',').map((f) => f.trim())
  if (!certificate || !key || more !== undefined)
    throw new Error(`--tls-sni-cert-key wants a certificate and a key file, separated by a comma, and perhaps :names, not ${JSON.stringify(text)}`)
  return { certificate, key, names: (names ?? '').split(',').map((n) => n.trim()).filter(Boolean) }
}
