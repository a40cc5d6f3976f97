// What the client sends and what it wants to read: Content-Type and Accept, with the reference's two ways to refuse.
import { ApiError, notAcceptable, protobufIsLoaded, protobufType, unsupportedMediaType, type ApiRequest } from '#machinery'

export type Encoding = 'json' | 'yaml' | 'protobuf' | 'cbor'
/** The form an answer takes. */
export interface Output {
  readonly encoding: Encoding
  /** A projection that the client asked for. */
  readonly as: '' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | 'APIGroupDiscoveryList'
  /** Version of the projection: v1, v1beta1 (meta.k8s.io), v2 (apidiscovery.k8s.io). */
  readonly version: string
  readonly pretty: boolean
}
export const plainJson: Output = { encoding: 'json', as: '', version: '', pretty: false }

const supported = ['application/json', 'application/yaml', protobufType]
const cborType = 'application/cbor'
/** What a route can answer; lists can also be watched. */
export const itemTypes: readonly string[] = supported
export const listTypes: readonly string[] = [...supported, 'application/json;stream=watch', `${protobufType};stream=watch`]
/** The same where CBOR is spoken too. */
const withCbor = (types: readonly string[]): readonly string[] => [...types.slice(0, 3), cborType, ...types.slice(3), ...(types.length > 3 ? [`${cborType};stream=watch`] : [])]
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'application/apply-patch+cbor']

/** Which projections the addressed thing allows ('metadata': all but tables), and whether it has messages ('none': it has not). */
export type Projections = 'objects' | 'metadata' | 'discovery' | 'resources' | 'none'

type Asked = Pick<ApiRequest, 'headers' | 'cbor'>

/** Accept headers repeat: the last few hundred answers are kept. */
const rememberedHeaders = 500
const remembered = new Map<string, Output>()

/** Chooses the form of the answer; throws NotAcceptable in one of the reference's two wordings. `custom`: a custom resource, which has no protobuf message. */
export function negotiate({ headers: { accept }, cbor }: Asked, routeTypes: readonly string[] | undefined, projections: Projections, custom = false): Output {
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*') return plainJson
  const key = `${routeTypes ? '' : 'any'}${projections}${custom}${cbor ?? ''}${accept}` // routes of the same projections take the same types
  const known = remembered.get(key)
  if (known) return known
  const types = routeTypes && cbor && routeTypes.length > 1 ? withCbor(routeTypes) : routeTypes
  if (types && !matchesRoute(accept, types)) throw routeNotAcceptable(types)
  const output = choose(accept, projections, custom, cbor)
  if (remembered.size >= rememberedHeaders) remembered.clear()
  remembered.set(key, output)
  return output
}

/** What to write errors in, whatever was refused. */
export function errorOutput({ headers: { accept }, cbor }: Asked): Output {
  if (accept === undefined || !(accept.includes('yaml') || (accept.includes('protobuf') && protobufIsLoaded()) || (cbor && accept.includes('cbor')))) return plainJson
  try {
    return { ...choose(accept, 'objects', false, cbor), as: '', version: '' }
  } catch {
    return plainJson
  }
}

/** The router's own check: whole types only, so that application/* is refused. */
function matchesRoute(accept: string, types: readonly string[]): boolean {
  return accept.split(',').some((clause) => {
    const type = clause.split(';', 1)[0]!.trim()
    return type === '*/*' || types.includes(type)
  })
}
const routeNotAcceptable = (types: readonly string[]) =>
  new ApiError('NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`, {})

interface Clause { readonly type: string; readonly subtype: string; readonly parameters: ReadonlyMap<string, string>; readonly quality: number }

function choose(accept: string, projections: Projections, custom: boolean, cbor: boolean | undefined): Output {
  for (const clause of clauses(accept)) {
    const encoding = encodingOf(clause)
    if (!encoding || (encoding === 'cbor' && !cbor)) continue
    const output = withProjection(clause, encoding, projections, custom)
    if (output) return output
  }
  throw notAcceptable(cbor ? withCbor(supported) : supported)
}

export function clauses(accept: string): Clause[] {
  const all = accept.split(',').map((text): Clause => {
    const [range, ...rest] = text.split(';').map((part) => part.trim())
    const [type = '', subtype = ''] = range!.split('/')
    const parameters = new Map(rest.map((part) => { const at = part.indexOf('='); return at < 0 ? [part, ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()] }))
    const quality = Number(parameters.get('q') ?? '1')
    return { type, subtype, parameters, quality: Number.isNaN(quality) ? 1 : quality }
  })
  return all.sort((a, b) => b.quality - a.quality) // stable: equal ones stay in their order
}

function encodingOf({ type, subtype }: Clause): Encoding | undefined {
  if (type === '*' && subtype === '*') return 'json'
  if (type !== 'application') return undefined
  if (subtype === 'json' || subtype === '*') return 'json'
  return subtype === 'yaml' || subtype === 'cbor' ? subtype : subtype === 'vnd.kubernetes.protobuf' ? 'protobuf' : undefined
}

function withProjection({ parameters }: Clause, encoding: Encoding, projections: Projections, custom: boolean): Output | undefined {
  const as = parameters.get('as') ?? ''
  const pretty = parameters.get('pretty') === '1'
  // Tables and custom resources have no messages; metadata alone always has.
  if (encoding === 'protobuf' && (as === 'Table' || projections === 'none' || (custom && as === ''))) return undefined
  if (encoding === 'cbor' && (as === 'Table' || projections === 'none')) return undefined
  if (as === '') return { encoding, as: '', version: '', pretty }
  const group = parameters.get('g') ?? '', version = parameters.get('v') ?? ''
  if ((projections === 'objects' || projections === 'metadata') && group === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1')
    && ((as === 'Table' && projections === 'objects') || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')) return { encoding, as, version, pretty }
  if (projections === 'discovery' && group === 'apidiscovery.k8s.io' && version === 'v2' && as === 'APIGroupDiscoveryList') return { encoding, as, version, pretty }
  return undefined
}

/** A Content-Type without its parameters. */
export const mediaType = (contentType: string | undefined): string => (contentType === undefined ? '' : contentType.split(';', 1)[0]!.trim().toLowerCase())

/** How a body is written; throws UnsupportedMediaType. */
export function bodyEncoding({ headers, cbor }: Asked): Encoding {
  const type = mediaType(headers['content-type'])
  if (type === '' || type === 'application/json') return 'json'
  if (type === 'application/yaml') return 'yaml'
  if (type === protobufType) return 'protobuf'
  if (type === cborType && cbor) return 'cbor'
  throw unsupportedMediaType(cbor ? withCbor(supported) : supported)
}

export type PatchForm = 'json' | 'merge' | 'strategic' | 'apply'
/** The sort of patch; the router refuses what no route takes, in its own words. */
export function patchForm({ headers, cbor }: Asked): PatchForm {
  const type = mediaType(headers['content-type'])
  if (type === 'application/apply-patch+cbor' && cbor) return 'apply'
  switch (type) {
    case 'application/json-patch+json': return 'json'
    case 'application/merge-patch+json': return 'merge'
    case 'application/strategic-merge-patch+json': return 'strategic'
    case 'application/apply-patch+yaml': return 'apply'
    default: throw new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', {})
  }
}
export const acceptedPatchTypes: readonly string[] = patchTypes
