// The schema behind a kind and apiVersion: Kubernetes' own kinds and the types around them. Who writes answers in a form that needs more
// than their JSON (messages, bytes) looks here; custom resources have nothing to find.
import { authTokenRequest, eviction, kinds, scale } from '#kinds'
import { objectMeta, s, typeMeta, type Kind, type Schema, type ServedVersion } from '#machinery'
import { apiGroup, apiGroupDiscoveryList, apiGroupList, apiResourceList, apiVersions, status } from './openapi/meta-types.ts'

/** Versions of any kind. */
type Former = ReadonlyMap<Kind, readonly ServedVersion<any>[]> // allowed: versions of any kind
/** Versions that somebody serves beyond those of every day, and kinds that only they have. */
const further = new Map<Kind, Map<string, ServedVersion<any>>>() // allowed: as above
let schemas: Map<string, Schema<any>> | undefined // allowed: schemas of any type

/** Schemas are facts: whoever serves further versions and kinds adds them for the whole process. */
export function knowFurtherVersions(versions: Former, all: readonly Kind[]): void {
  for (const kind of all) if (!kinds.includes(kind) && !further.has(kind)) further.set(kind, new Map())
  for (const [kind, list] of versions) {
    const known = further.get(kind) ?? new Map<string, ServedVersion<any>>() // allowed: as above
    further.set(kind, known)
    for (const version of list) known.set(`${version.group}/${version.version}`, version)
  }
  schemas = undefined
}

const partialObject = s.object('io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata', { ...typeMeta, metadata: s.value(objectMeta) })

export function schemaOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): Schema<any> | undefined { // allowed: of any type
  schemas ??= allSchemas()
  return schemas.get(`${apiVersion} ${kind}`)
}

function allSchemas(): Map<string, Schema<any>> { // allowed: schemas of any type
  const out = new Map<string, Schema<any>>([ // allowed: schemas of any type
    ['v1 Status', status], ['meta.k8s.io/v1 PartialObjectMetadata', partialObject], ['meta.k8s.io/v1beta1 PartialObjectMetadata', partialObject],
    ['v1 APIGroup', apiGroup], ['v1 APIGroupList', apiGroupList], ['v1 APIResourceList', apiResourceList], [' APIVersions', apiVersions], [' APIResourceList', apiResourceList], ['apidiscovery.k8s.io/v2 APIGroupDiscoveryList', apiGroupDiscoveryList],
  ])
  for (const type of [authTokenRequest, eviction, scale]) out.set(`${type.apiVersion} ${type.kind}`, type.schema)
  for (const served of new Set([...kinds, ...further.keys()])) {
    out.set(`${served.apiVersion} ${served.kind}`, served.schema)
    for (const { group, version, kind = served.kind, schema } of [...served.alsoServedAs, ...(further.get(served)?.values() ?? [])]) out.set(`${group ? `${group}/` : ''}${version} ${kind}`, schema)
  }
  return out
}
