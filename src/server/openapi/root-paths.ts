// The paths that are no resources: discovery and the version of the server.
import { capital, groupTitle, uncapital, type Operation, type Paths } from './operations.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const objects = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const operation = (id: string, tag: string, description: string, gives: string, types: readonly string[] = objects): Operation =>
  ({ id, tag, description, consumes: types, produces: types, parameters: [], responses: { 200: gives } })
const get = (path: string, ...rest: Parameters<typeof operation>): Paths => ({ [path]: { parameters: [], operations: { get: operation(...rest) } } })

/** The documents beside those of the versions, by the name under which /openapi/v3 lists them. */
export function rootDocuments(groups: readonly string[]): Readonly<Record<string, Paths>> {
  return {
    '.well-known/openid-configuration': get('/.well-known/openid-configuration/', 'getServiceAccountIssuerOpenIDConfiguration', 'WellKnown', 'get service account issuer OpenID configuration, also known as the \'OIDC discovery doc\'', 'string', ['application/json']),
    api: get('/api/', 'getCoreAPIVersions', 'core', 'get available API versions', `${meta}APIVersions`),
    apis: get('/apis/', 'getAPIVersions', 'apis', 'get available API versions', `${meta}APIGroupList`),
    ...Object.fromEntries(groups.map((group) => [`apis/${group}`, get(`/apis/${group}/`, `get${groupTitle(group)}APIGroup`, uncapital(groupTitle(group)), 'get information of a group', `${meta}APIGroup`)])),
    'openid/v1/jwks': get('/openid/v1/jwks/', 'getServiceAccountIssuerOpenIDKeyset', 'openid', 'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)', 'string', ['application/jwk-set+json']),
    version: get('/version/', 'getCodeVersion', 'version', 'get the version information for this server', 'io.k8s.apimachinery.pkg.version.Info', ['application/json']),
  }
}

/** GET of a version: its resources. */
export function versionPath(group: string, version: string): Paths {
  const title = groupTitle(group)
  return get(`${group === '' ? '/api' : `/apis/${group}`}/${version}/`, `get${title}${capital(version)}APIResources`, `${uncapital(title)}_${version}`, 'get available resources', `${meta}APIResourceList`)
}
