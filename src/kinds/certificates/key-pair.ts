// Whether a certificate and a private key belong together, in the words of Go's tls.X509KeyPair. No mathematics: a key that does not hold its public part is believed.
import { certificate as parsed } from './certificate.ts'
import { dotted, element, sequenceOf, tags } from './der.ts'
import { pemBlocks } from './pem.ts'

const isKey = (type: string): boolean => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY')

/** What is wrong with a pair of PEM texts, each in base64; undefined: nothing. */
export function whyNoPair(certificate: string, key: string): string | undefined {
  const given = pemBlocks(certificate), chain = given.filter(({ type }) => type === 'CERTIFICATE'), types = given.map(({ type }) => type)
  if (!chain.length) return types.length === 0 ? 'tls: failed to find any PEM data in certificate input'
    : types.length === 1 && types[0]!.endsWith('PRIVATE KEY') ? 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
      : `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${types.join(' ')}]`
  const keys = pemBlocks(key), found = keys.find(({ type }) => isKey(type)), others = keys.map(({ type }) => type)
  if (!found) return others.length === 0 ? 'tls: failed to find any PEM data in key input' : others.length === 1 && others[0] === 'CERTIFICATE'
    ? 'tls: found a certificate rather than a key in the PEM for the private key'
    : `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${others.join(' ')}]`
  let open: Key
  try { open = openKey(parsed(chain[0]!.bytes).publicKey) } catch (error) { return (error as Error).message }
  const secret = attempt(() => privateKey(found.bytes))
  if (!secret) return 'tls: failed to parse private key'
  if (open.sort === 'other') return 'tls: unknown public key algorithm'
  if (open.sort !== secret.sort) return 'tls: private key type does not match public key type'
  return secret.open === undefined || secret.open === open.open ? undefined : 'tls: private key does not match public key'
}

interface Key { readonly sort: 'rsa' | 'ec' | 'ed25519' | 'other'; /** The public part, as text to compare by. */ readonly open: string | undefined }
function attempt(read: () => Key | undefined): Key | undefined {
  try { return read() } catch { return undefined }
}
const sorts: Readonly<Record<string, Key['sort']>> = { '1.2.840.113549.1.1.1': 'rsa', '1.2.840.10045.2.1': 'ec', '1.3.101.112': 'ed25519' }
const sortOf = (algorithm: Uint8Array): Key['sort'] => sorts[dotted(element(algorithm).content)] ?? 'other'
const text = (bytes: Uint8Array): string => bytes.join()

function openKey(der: Uint8Array): Key {
  const [algorithm, bits] = sequenceOf(der)!, sort = sortOf(algorithm!.content), open = bits!.content.subarray(1)
  return { sort, open: sort === 'rsa' ? text(sequenceOf(open)![0]!.content) : text(open) }
}

/** PKCS #1 (RFC 8017, A.1.2), PKCS #8 (RFC 5958) and SEC 1 (RFC 5915). */
function privateKey(der: Uint8Array): Key | undefined {
  const [version, second, third, ...rest] = sequenceOf(der) ?? []
  if (version?.tag !== tags.integer || !second) return undefined
  if (second.tag === tags.integer) return third ? { sort: 'rsa', open: text(second.content) } : undefined
  if (second.tag === tags.octets) {
    const open = [third, ...rest].find((part) => part?.tag === 0xa1)
    return { sort: 'ec', open: open && text(element(open.content).content.subarray(1)) }
  }
  if (second.tag !== tags.sequence || third?.tag !== tags.octets) return undefined
  const sort = sortOf(second.content)
  return sort === 'ed25519' ? { sort, open: undefined } : sort === 'other' ? undefined : privateKey(third.content)
}
