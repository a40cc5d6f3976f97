// What the cluster's own signers put their name to (https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers).
import { formatIP, signingRequestIn, type CertificateSigningRequest } from '#kinds'

/** What a PKCS #10 request (RFC 2986) asks for. */
export interface RequestedCertificate {
  readonly commonName: string
  readonly organizations: readonly string[]
  /** Its subject alternative names (RFC 5280 4.2.1.6) by kind. */
  readonly dnsNames: readonly string[]
  readonly addresses: readonly string[]
  readonly emails: readonly string[]
  readonly uris: readonly string[]
}
/** From when to when a certificate is good, in milliseconds relative to the moment of signing. */
export interface Validity { readonly from: number; readonly to: number }

/** `request` as the API has it: PEM in base64. Throws an Error that says what is wrong with it. */
export function requestedCertificate(request: string): RequestedCertificate {
  const { commonName, organizations, alternatives: { dns, addresses, emails, uris } = { dns: [], addresses: [], emails: [], uris: [] } } = signingRequestIn(request)
  return { commonName, organizations, dnsNames: dns, addresses: addresses.map((bytes) => formatIP([...bytes])), emails, uris }
}

/** Signs certificates; what it does with keys is its own business. */
export interface CertificateSigner {
  /** The certificate as the API has it. Throws when the request does not carry its own key's signature. */
  sign(request: string, usages: readonly string[], validity: Validity): Promise<string>
  /** Whether the end of this certificate (PEM in base64) has passed. */
  isOver(certificate: string): boolean
}

export const signers = {
  kubeletServing: 'kubernetes.io/kubelet-serving', kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  client: 'kubernetes.io/kube-apiserver-client', legacyUnknown: 'kubernetes.io/legacy-unknown',
} as const

/** Why the signer of this name refuses; undefined when it signs. Throws nothing: requests of other signers are not asked about. */
export function refusal(signerName: string, asked: RequestedCertificate, usages: readonly string[]): string | undefined {
  if (signerName === signers.kubeletServing) return kubeletServing(asked, usages)
  if (signerName === signers.kubeletClient) return kubeletClient(asked, usages)
  if (signerName === signers.client) return client(usages)
  return undefined
}

const nodes = 'system:nodes', nodePrefix = 'system:node:'
const notNodes = 'subject organization is not system:nodes', notNode = 'subject common name does not begin with system:node:'
const isOfNodes = ({ organizations }: RequestedCertificate): boolean => organizations.length === 1 && organizations[0] === nodes

function kubeletServing(asked: RequestedCertificate, usages: readonly string[]): string | undefined {
  if (!isOfNodes(asked)) return notNodes
  if (asked.dnsNames.length === 0 && asked.addresses.length === 0) return 'DNS or IP subjectAltName is required'
  return notAllowed(asked, ['emails', 'uris']) ?? otherUsages(usages, 'server auth') ?? (asked.commonName.startsWith(nodePrefix) ? undefined : notNode)
}
function kubeletClient(asked: RequestedCertificate, usages: readonly string[]): string | undefined {
  if (!isOfNodes(asked)) return notNodes
  return notAllowed(asked, ['dnsNames', 'emails', 'addresses', 'uris']) ?? (asked.commonName.startsWith(nodePrefix) ? otherUsages(usages, 'client auth') : notNode)
}
function client(usages: readonly string[]): string | undefined {
  const other = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage))
  if (other !== undefined) return `invalid usage for client certificate: ${other}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

const alternativeWords = { dnsNames: 'DNS', emails: 'Email', addresses: 'IP', uris: 'URI' } as const
function notAllowed(asked: RequestedCertificate, kinds: readonly (keyof typeof alternativeWords)[]): string | undefined {
  const found = kinds.find((kind) => asked[kind].length > 0)
  return found && `${alternativeWords[found]} subjectAltNames are not allowed`
}
/** A key that only signs (not RSA) has no use for key encipherment. */
function otherUsages(usages: readonly string[], purpose: string): string | undefined {
  const given = new Set(usages), all = ['digital signature', 'key encipherment', purpose], equals = (wanted: readonly string[]) => wanted.length === given.size && wanted.every((u) => given.has(u))
  return equals(all) || equals(['digital signature', purpose]) ? undefined : `usages did not match [${all.toSorted().join(' ')}]`
}

const minute = 60_000, hour = 60 * minute
/** Clocks differ: certificates are good from a little earlier. Long-lived ones end earlier by as much. */
const backdate = 5 * minute, shortLived = 8 * hour, shortest = 10 * minute

/** How long a certificate is good when `longest` is what the signer gives at most (milliseconds). */
export function validity(expirationSeconds: number | undefined, longest: number): Validity {
  const life = expirationSeconds === undefined ? longest : Math.min(Math.max(expirationSeconds * 1000, shortest), longest)
  return { from: -backdate, to: life < shortLived ? life : life - backdate }
}

const decidedFor = hour, pendingFor = 24 * hour
/** When a request is to be removed (milliseconds since 1970), going by its age and what has become of it; Infinity: as long as its certificate is good. */
export function removalTime({ metadata, status }: CertificateSigningRequest, time: (text: string) => number): number {
  const conditions = status.conditions ?? [], since = (text: string | undefined, keep: number) => (text ? time(text) + keep : Infinity)
  if (conditions.length === 0) return since(metadata.creationTimestamp, pendingFor)
  return Math.min(...conditions.map(({ type, lastUpdateTime }) => {
    const isOver = type === 'Denied' || type === 'Failed' || (type === 'Approved' && Boolean(status.certificate))
    return isOver ? since(lastUpdateTime, decidedFor) : Infinity
  }))
}

export const hasCondition = ({ status }: CertificateSigningRequest, type: string): boolean =>
  status.conditions?.some((c) => c.type === type && (c.status === 'True' || c.status === '')) ?? false
