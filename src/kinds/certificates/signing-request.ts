// Certificate signing requests (PKCS #10, RFC 2986) as Go's crypto/x509 reads them.
import { alternativeNames, type AlternativeNames } from './alternative-names.ts'
import { isTextTag, textOf, texts } from './asn1-texts.ts'
import { dotted } from './der.ts'
import { unmarshal, type Parsed, type Shape } from './go-asn1.ts'
import { pemBlocks } from './pem.ts'
import { publicKey, type PublicKey } from './public-key.ts'

export interface SigningRequest {
  readonly commonName: string
  readonly organizations: readonly string[]
  /** Names beside the subject; undefined where the request has no such extension. */
  readonly alternatives: AlternativeNames | undefined
  /** undefined: a key of a kind that nobody here knows. */
  readonly key: PublicKey | undefined
  /** The same in DER (SubjectPublicKeyInfo). */
  readonly publicKey: Uint8Array
  /** What is signed, by which algorithm (an identifier, and its parameters as they are encoded), and the signature. */
  readonly signed: Uint8Array
  readonly algorithm: string
  readonly parameters: Uint8Array | undefined
  readonly signature: Uint8Array
}

/** The request of a text in base64. Throws an Error that says in Go's words what is wrong. */
export function signingRequestIn(base64: string): SigningRequest {
  const [block] = pemBlocks(base64)
  if (block?.type !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST')
  return signingRequest(block.bytes)
}

const raw = { name: 'RawValue', sort: 'any' } as const, identifier = { name: 'ObjectIdentifier', sort: 'identifier' } as const, bits = { name: 'BitString', sort: 'bits' } as const
const algorithmShape: Shape = { name: 'AlgorithmIdentifier', sort: 'struct', fields: [identifier, { ...raw, optional: true }] }
const shape: Shape = { name: 'certificateRequest', sort: 'struct', fields: [
  { name: 'tbsCertificateRequest', sort: 'struct', fields: [
    { name: 'int', sort: 'int' }, raw, { name: 'publicKeyInfo', sort: 'struct', fields: [algorithmShape, bits] }, { name: '', sort: 'list', of: raw, tag: 0 },
  ] },
  algorithmShape, bits,
] }
const subjectShape: Shape = { name: 'RDNSequence', sort: 'list', of: { name: 'RelativeDistinguishedNameSET', sort: 'set',
  of: { name: 'AttributeTypeAndValue', sort: 'struct', fields: [identifier, { name: '', sort: 'text' }] } } }

/** The request in DER. Throws an Error in Go's words. */
export function signingRequest(der: Uint8Array): SigningRequest {
  const [info, algorithm, signature] = unmarshal(der, shape).parts as [Parsed, Parsed, Parsed]
  const [, subject, publicKeyOf, attributes] = info.parts as [Parsed, Parsed, Parsed, Parsed]
  const [keyAlgorithm, keyBits] = publicKeyOf.parts as [Parsed, Parsed], [keyIdentifier, keyParameters] = keyAlgorithm.parts
  const key = publicKey(dotted(keyIdentifier!.content), keyParameters?.whole, keyBits.content.subarray(1))
  const names = unmarshal(subject.whole, subjectShape).parts.flatMap((set) => set!.parts.map((pair) => nameIn(pair!)))
  const extensions = extensionsIn(attributes), alternatives = extensions.find(({ id }) => id === alternativeName)
  const of = (id: string) => names.filter((name) => name.id === id && name.text !== undefined).map(({ text }) => text!)
  return {
    commonName: of('2.5.4.3').at(-1) ?? '', organizations: of('2.5.4.10'), alternatives: alternatives && alternativeNames(alternatives.value), key, publicKey: publicKeyOf.whole,
    signed: info.whole, algorithm: dotted(algorithm.parts[0]!.content), parameters: algorithm.parts[1]?.whole, signature: signature.content.subarray(1),
  }
}
const alternativeName = '2.5.29.17'

const wrongTexts: Readonly<Record<number, string>> = {
  [texts.printable]: 'asn1: syntax error: PrintableString contains invalid character', [texts.numeric]: 'asn1: syntax error: NumericString contains invalid character',
  [texts.ia5]: 'asn1: syntax error: IA5String contains invalid character', [texts.utf8]: 'asn1: invalid UTF-8 string', [texts.bmp]: 'invalid BMPString',
}
function nameIn({ parts: [type, value] }: Parsed): { readonly id: string; readonly text: string | undefined } {
  const { tag, content, whole } = value!, isText = whole[0]! < 0x20 && isTextTag(tag), text = isText ? textOf(tag, content) : undefined
  if (isText && text === undefined) throw new Error(wrongTexts[tag])
  return { id: dotted(type!.content), text }
}

const extensionRequest = '1.2.840.113549.1.9.14'
const attributeShape: Shape = { name: 'pkcs10Attribute', sort: 'struct', fields: [identifier, { name: '', sort: 'set', of: raw }] }
const extensionsShape: Shape = { name: '', sort: 'list', of: { name: 'Extension', sort: 'struct', fields: [identifier, { name: 'bool', sort: 'bool', optional: true }, { name: '', sort: 'octets' }] } }
/** Attributes that cannot be read say nothing; extensions must. */
function extensionsIn(attributes: Parsed): { readonly id: string; readonly value: Uint8Array }[] {
  const all: { readonly id: string; readonly value: Uint8Array }[] = []
  for (const attribute of attributes.parts) {
    const value = extensionsOf(attribute!.whole)
    for (const extension of value ? unmarshal(value, extensionsShape).parts : []) {
      const [type, , content] = extension!.parts, id = dotted(type!.content)
      if (all.some((other) => other.id === id)) throw new Error('x509: certificate request contains duplicate requested extensions')
      all.push({ id, value: content!.content })
    }
  }
  return all
}
function extensionsOf(attribute: Uint8Array): Uint8Array | undefined {
  try {
    const [type, values] = unmarshal(attribute, attributeShape).parts
    return dotted(type!.content) === extensionRequest ? values!.parts[0]?.whole : undefined
  } catch { return undefined }
}
