// The cluster's certificates and keys, in one folder of its data directory. Made once, kept for good; leaf certificates are renewed when little of
// their life is left or when the server is to be reached by a name they lack. P-256 where nobody expects RSA: such a key costs 50-85 ms.
import { createPrivateKey, generateKeyPair, X509Certificate, type KeyObject } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { makeCertificate } from './x509/certificate.ts'

const day = 86_400_000
const caLife = 3650 * day, leafLife = 365 * day
/** A leaf is made anew when less than this is left of it. */
const renewBefore = 30 * day

export interface Certificate { readonly certificate: string; readonly key: string }
export interface Names { readonly commonName: string; readonly organizations?: readonly string[]; readonly dnsNames?: readonly string[]; readonly ips?: readonly string[] }
export type Usage = 'server' | 'client'

/** The keys of one cluster. All getters read or make a file pair `<name>.crt` and `<name>.key` (0600) in `folder`. */
export class Pki {
  readonly folder: string
  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  /** A self-signed certificate authority. */
  async authority(name: string, commonName: string): Promise<Certificate> {
    const found = this.#read(name)
    if (found) return found
    const keys = await newKeys()
    return this.#write(name, { certificate: makeCertificate({ commonName, isAuthority: true, dnsNames: [commonName], ...validFor(caLife) }, keys), key: pemOf(keys) })
  }

  /** A certificate signed by `authority`; the one on disk when it still serves the names asked for. */
  async leaf(name: string, authority: Certificate, names: Names, usage: readonly Usage[]): Promise<Certificate> {
    const found = this.#read(name)
    if (found && serves(found, authority, names)) return found
    return this.#write(name, await issue(authority, names, usage))
  }

  /** The key that signs service account tokens. A new one (RSA, which is what clients expect) takes a moment and is made beside the rest of the start. */
  serviceAccountKey(): KeyObject | Promise<KeyObject> {
    const path = join(this.folder, 'sa.key')
    if (existsSync(path)) return readable(path, () => createPrivateKey(readFileSync(path)))
    return new Promise((resolve, reject) => {
      generateKeyPair('rsa', { modulusLength: 2048 }, (error, publicKey, privateKey) => {
        if (error) { reject(error); return }
        try {
          writeAtomically(path, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 0o600)
          writeAtomically(join(this.folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }) as string, 0o644)
          resolve(privateKey)
        } catch (cause) { reject(cause as Error) }
      })
    })
  }

  #read(name: string): Certificate | undefined {
    const [crt, key] = [join(this.folder, `${name}.crt`), join(this.folder, `${name}.key`)]
    if (!existsSync(crt) || !existsSync(key)) return undefined
    const pair = { certificate: readFileSync(crt, 'utf8'), key: readFileSync(key, 'utf8') }
    readable(crt, () => new X509Certificate(pair.certificate))
    readable(key, () => createPrivateKey(pair.key))
    return pair
  }
  #write(name: string, pair: Certificate): Certificate {
    writeAtomically(join(this.folder, `${name}.key`), pair.key, 0o600)
    writeAtomically(join(this.folder, `${name}.crt`), pair.certificate, 0o644)
    return pair
  }
}

/** Keys are never made anew over damaged ones: whoever holds the old authority would be locked out without a word. */
function readable<T>(path: string, read: () => T): T {
  try { return read() } catch (error) {
    throw new Error(`${path} is damaged (${error instanceof Error ? error.message : String(error)}). Restore it from a backup, or remove ${dirname(path)} to have new keys: certificates and tokens given out before are then void`, { cause: error })
  }
}

/** Signs a new certificate for a new key, in memory. */
export async function issue(authority: Certificate, names: Names, usage: readonly Usage[]): Promise<Certificate> {
  const keys = await newKeys(), issuer = { certificate: new X509Certificate(authority.certificate), key: createPrivateKey(authority.key) }
  return { certificate: makeCertificate({ ...names, usage, ...validFor(leafLife) }, keys, issuer), key: pemOf(keys) }
}

/** A certificate that vouches for itself, for a server that nobody was told to trust yet. */
export async function selfSigned(names: Names): Promise<Certificate> {
  const keys = await newKeys()
  return { certificate: makeCertificate({ ...names, usage: ['server'], ...validFor(leafLife) }, keys), key: pemOf(keys) }
}

/** Whether a leaf was signed by this authority, is young enough and holds every name asked for. */
function serves(pair: Certificate, authority: Certificate, names: Names): boolean {
  const leaf = new X509Certificate(pair.certificate)
  if (!leaf.verify(new X509Certificate(authority.certificate).publicKey)) return false
  if (Date.parse(leaf.validTo) - Date.now() < renewBefore) return false
  return (names.dnsNames ?? []).every((n) => leaf.checkHost(n, { wildcards: false }) !== undefined) && (names.ips ?? []).every((ip) => leaf.checkIP(ip) !== undefined)
}

const validFor = (ms: number) => ({ notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + ms) }) // clocks differ
const newKeys = () => promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
const pemOf = ({ privateKey }: { readonly privateKey: KeyObject }) => privateKey.export({ type: 'sec1', format: 'pem' }) as string

/** Writes beside and renames over, so that a crash leaves the old file or the new one. */
export function writeAtomically(path: string, text: string, mode: number): void {
  const beside = `${path}.${process.pid}.tmp`
  writeFileSync(beside, text, { mode })
  chmodSync(beside, mode)
  renameSync(beside, path)
}

/** The subject alternative names of an API server: addresses and names under which clients reach it. */
export function serverNames(addresses: readonly string[], serviceAddress: string, clusterDomain: string): Names {
  const given = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${clusterDomain}`, ...addresses.filter((a) => !isIP(a))]
  return { commonName: 'kube-apiserver', dnsNames: [...new Set(given)], ips: [...new Set(['127.0.0.1', '::1', serviceAddress, ...addresses.filter((a) => isIP(a))])] }
}
