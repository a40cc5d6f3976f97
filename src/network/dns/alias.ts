import { decode, encode, type RecordType } from 'dns-packet'
import type { Forwarder } from './forwarder.ts'
import { isTruncated, rcodeOf, readQuery, udpSize, type DnsRecord, type Query } from './message.ts'
import type { Found } from './records.ts'

/** Completes an answer that says "look under another name" with what is found there: most clients do not look themselves. */
export async function resolveAlias(found: Found, query: Query, forwarder: Forwarder): Promise<Found> {
  if (found.alias === undefined || (query.type !== 'A' && query.type !== 'AAAA')) return found
  const asked = readQuery(encode({
    type: 'query', id: 0, flags: 0x0100, questions: [{ name: found.alias, type: query.type as RecordType }],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: udpSize, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] }],
  }))
  if (asked === undefined || typeof asked === 'string') return found
  let bytes = await forwarder.ask(asked, false)
  if (isTruncated(bytes)) bytes = await forwarder.ask(asked, true)
  const rcode = rcodeOf(bytes)
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') return { rcode: 'SERVFAIL', answers: found.answers ?? [] }
  const records = (decode(bytes).answers ?? []).flatMap((answer): DnsRecord[] => {
    const { name, type } = answer
    const data = 'data' in answer ? answer.data : undefined
    return (type === 'A' || type === 'AAAA' || type === 'CNAME') && typeof data === 'string' ? [{ name: name.toLowerCase(), type, data }] : []
  })
  return { rcode, authoritative: false, answers: [...found.answers ?? [], ...records] }
}
