// Names of subjects and issuers (RFC 5280, 4.1.2.4), in certificates.
import { isTextTag, textOf, texts } from './asn1-texts.ts'
import { DerReader, bitsIn, identifierIn, integerIn } from './der-reader.ts'
import { tags } from './der.ts'
import { moment } from './moment.ts'

/** Throws an Error that says in Go's words what is wrong with the name. */
export function checkName(der: Uint8Array): void {
  const wrong = 'x509: invalid RDNSequence', names = new DerReader(der).inside(tags.sequence, wrong)
  while (!names.isEmpty) {
    const set = names.inside(tags.set, wrong)
    while (!set.isEmpty) {
      const attribute = set.inside(tags.sequence, `${wrong}: invalid attribute`)
      attribute.identifier(`${wrong}: invalid attribute type`)
      const at = `${wrong}: invalid attribute value: `, { tag, content } = attribute.any(`${at}invalid ASN.1 element`)
      checkValue(tag, content, at)
    }
  }
}
const textNames: Readonly<Record<number, string>> = { [texts.printable]: 'PrintableString', [texts.utf8]: 'UTF-8 string', [texts.bmp]: 'BMPString', [texts.ia5]: 'IA5String', [texts.numeric]: 'NumericString' }
function checkValue(tag: number, content: Uint8Array, at: string): void {
  if (isTextTag(tag)) {
    if (textOf(tag, content) === undefined) throw new Error(`${at}invalid ${textNames[tag]}`)
  } else if (tag === tags.integer) {
    if (BigInt.asIntN(64, integerIn(content, `${at}invalid ASN.1 integer`)) !== integerIn(content, '')) throw new Error(`${at}invalid ASN.1 integer`)
  } else if (tag === tags.bits) bitsIn(content, `${at}invalid ASN.1 BIT STRING`)
  else if (tag === tags.identifier) identifierIn(content, `${at}invalid ASN.1 OBJECT IDENTIFIER`)
  else if (tag === tags.utcTime || tag === tags.generalizedTime) moment(tag, content, at)
  else if (tag === tags.boolean && (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))) throw new Error(`${at}invalid ASN.1 BOOLEAN`)
}
