// Types that OpenAPI documents show beside the kinds: what every version answers and what discovery says.
import { listMeta, objectMeta, s, typeMeta as typed } from '#machinery'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const atomic = { listType: 'atomic' } as const

const statusCause = s.object(`${meta}StatusCause`, {
  field: s.string({ description: 'The path of the field that is wrong.' }), message: s.string({ description: 'What is wrong, for people.' }), reason: s.string({ description: 'What is wrong, for programs.' }),
}, { description: 'One of the things that are wrong with a request.' })
const statusDetails = s.object(`${meta}StatusDetails`, {
  causes: s.list(statusCause, { ...atomic, description: 'Everything that is wrong, one by one.' }), group: s.string({ description: 'The group of what the request is about.' }), kind: s.string({ description: 'The kind or resource of what the request is about.' }),
  name: s.string({ description: 'The name of what the request is about.' }), retryAfterSeconds: s.int({ description: 'When to try again.' }), uid: s.string({ description: 'The uid of what the request is about.' }),
}, { description: 'What a Status is about.' })
export const status = s.object(`${meta}Status`, {
  ...typed, metadata: s.about(s.value(listMeta), 'Facts about a list, of which a Status has none.'), status: s.string({ description: 'Success or Failure.' }), message: s.string({ description: 'What happened, for people.' }),
  reason: s.string({ description: 'What happened, for programs.' }), code: s.int({ description: 'The HTTP status code.' }), details: s.about(statusDetails, 'More about it.'),
}, { description: 'The answer where there is no object to answer with.' })

export const watchEvent = s.object(`${meta}WatchEvent`, {
  type: s.required(s.string({ description: 'ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.' })), object: s.required(s.about(s.any(`io.k8s.apimachinery.pkg.runtime.RawExtension`), 'The object as it is now, as it last was when it is deleted, or a Status.')),
}, { description: 'A change that a watch tells of.' })

const groupVersion = s.object(`${meta}GroupVersionForDiscovery`, { groupVersion: s.required(s.string({ description: 'GROUP/VERSION.' })), version: s.required(s.string({ description: 'The version alone.' })) }, { description: 'A version of a group.' })
const serverAddress = s.object(`${meta}ServerAddressByClientCIDR`, { clientCIDR: s.required(s.string({ description: 'Where a client must be.' })), serverAddress: s.required(s.string({ description: 'Where it finds the server then.' })) }, { description: 'An address of the server for clients of a range.' })
const addresses = s.list(serverAddress, { ...atomic, description: 'Where clients find the server.' })
export const apiGroup = s.object(`${meta}APIGroup`, {
  ...typed, name: s.required(s.string({ description: 'The name of the group.' })), preferredVersion: s.about(s.value(groupVersion), 'The version to use where nothing speaks for another.'), serverAddressByClientCIDRs: addresses,
  versions: s.mandatory(s.list(groupVersion, { ...atomic, description: 'All its versions.' })),
}, { description: 'A group and its versions.' })
export const apiGroupList = s.object(`${meta}APIGroupList`, { ...typed, groups: s.mandatory(s.list(apiGroup, { ...atomic, description: 'The groups.' })) }, { description: 'All groups of a server.' })
const apiResource = s.object(`${meta}APIResource`, {
  categories: s.list(s.string(), { ...atomic, description: 'The groups of resources it belongs to, such as all.' }), group: s.string({ description: 'The group of its kind, where that is another.' }), kind: s.required(s.string({ description: 'Its kind.' })),
  name: s.required(s.string({ description: 'Its plural, as it stands in URLs.' })), namespaced: s.required(s.bool({ description: 'Whether its objects live in namespaces.' })), shortNames: s.list(s.string(), { ...atomic, description: 'What it may be called for short.' }),
  singularName: s.required(s.string({ description: 'Its singular.' })), storageVersionHash: s.string({ description: 'Changes with the version it is stored in.' }), verbs: s.mandatory(s.list(s.string(), { description: 'What can be done with it.' })), version: s.string({ description: 'The version of its kind, where that is another.' }),
}, { description: 'A resource.' })
export const apiResourceList = s.object(`${meta}APIResourceList`, {
  ...typed, groupVersion: s.required(s.string({ description: 'GROUP/VERSION that they are of.' })), resources: s.mandatory(s.list(apiResource, { ...atomic, description: 'The resources and their subresources.' })),
}, { description: 'All resources of a version.' })
export const apiVersions = s.object(`${meta}APIVersions`, { ...typed, serverAddressByClientCIDRs: s.mandatory(addresses), versions: s.mandatory(s.list(s.string(), { ...atomic, description: 'The versions.' })) }, { description: 'The versions of the core group.' })

const typeName = s.object(`${meta}GroupVersionKind`, { group: s.required(s.string()), version: s.required(s.string()), kind: s.required(s.string()) })
const discovery = 'io.k8s.api.apidiscovery.v2.'
const subresourceDiscovery = s.object(`${discovery}APISubresourceDiscovery`, { subresource: s.required(s.string()), responseKind: typeName, acceptedTypes: s.list(typeName), verbs: s.list(s.string()) })
const resourceDiscovery = s.object(`${discovery}APIResourceDiscovery`, {
  resource: s.required(s.string()), responseKind: typeName, scope: s.required(s.string()), singularResource: s.required(s.string()), verbs: s.list(s.string()), shortNames: s.list(s.string()), categories: s.list(s.string()), subresources: s.list(subresourceDiscovery),
})
const versionDiscovery = s.object(`${discovery}APIVersionDiscovery`, { version: s.required(s.string()), resources: s.list(resourceDiscovery), freshness: s.string() })
const groupDiscovery = s.object(`${discovery}APIGroupDiscovery`, { ...typed, metadata: s.value(objectMeta), versions: s.list(versionDiscovery) })
/** Discovery in one document; in no OpenAPI document itself. */
export const apiGroupDiscoveryList = s.object(`${discovery}APIGroupDiscoveryList`, { ...typed, metadata: s.value(listMeta), items: s.list(groupDiscovery) })

const text = (description: string) => s.required(s.string({ description }))
export const versionInfo = s.object('io.k8s.apimachinery.pkg.version.Info', {
  buildDate: text('When it was built.'), compiler: text('What built it.'), emulationMajor: s.string({ description: 'The version it behaves like.' }), emulationMinor: s.string({ description: 'The version it behaves like.' }), gitCommit: text('What it was built from.'),
  gitTreeState: text('Whether that was clean.'), gitVersion: text('Its whole version.'), goVersion: text('What it runs on.'), major: text('The first number of its version.'), minCompatibilityMajor: s.string({ description: 'The oldest version it works beside.' }),
  minCompatibilityMinor: s.string({ description: 'The oldest version it works beside.' }), minor: text('The second number of its version.'), platform: text('The machine it runs on.'),
}, { description: 'What a server is.' })
