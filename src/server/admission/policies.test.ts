// Admission policies as clients see them, in the server in the process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authorizer } from '../authz/authz.ts'
import { map, maps, start } from '../contract-kit.ts'
import { mutatingAdmissionPolicyPlugin } from './policy-mutating.ts'
import { validatingAdmissionPolicyPlugin } from './policy-validating.ts'

const api = '/apis/admissionregistration.k8s.io/v1', apiVersion = 'admissionregistration.k8s.io/v1'
const onMaps = { resourceRules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }] }

async function server(authorizer?: Authorizer) {
  const made = await start({ ...(authorizer && { authorizer: () => authorizer }), admission: [mutatingAdmissionPolicyPlugin(), validatingAdmissionPolicyPlugin()] })
  const { ask } = made
  await ask('POST /api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: { team: 'a' } } })
  const put = async (sort: 'Validating' | 'Mutating', what: 'Policy' | 'PolicyBinding', name: string, spec: object) => {
    const { status, text } = await ask(`POST ${api}/${sort.toLowerCase()}admission${what === 'Policy' ? 'policies' : 'policybindings'}`, { apiVersion, kind: `${sort}Admission${what}`, metadata: { name }, spec })
    assert.equal(status, 201, text)
  }
  return {
    ...made,
    /** A policy and its binding, of one name. */
    validating: async (name: string, spec: object, binding: object = {}) => {
      await put('Validating', 'Policy', name, { matchConstraints: onMaps, ...spec })
      await put('Validating', 'PolicyBinding', name, { policyName: name, validationActions: ['Deny'], ...binding })
    },
    mutating: async (name: string, spec: object, binding: object = {}) => {
      await put('Mutating', 'Policy', name, { matchConstraints: onMaps, reinvocationPolicy: 'Never', ...spec })
      await put('Mutating', 'PolicyBinding', name, { policyName: name, ...binding })
    },
    bind: (name: string, spec: object) => put('Validating', 'PolicyBinding', name, { validationActions: ['Deny'], ...spec }),
  }
}

for (const [what, validation, status, reason, text] of [
  ['an expression', { expression: "object.metadata.name != 'x'" }, 422, 'Invalid', "failed expression: object.metadata.name != 'x'"],
  ['a message', { expression: 'false', message: ' too bad ' }, 422, 'Invalid', 'too bad'],
  ['a message expression', { expression: 'false', message: 'm', messageExpression: "'no ' + object.metadata.name + ' by ' + request.userInfo.username" }, 422, 'Invalid', 'no x by system:anonymous'],
  ['a message expression of nothing', { expression: 'false', message: 'm', messageExpression: "'  '" }, 422, 'Invalid', 'm'],
  ['a message expression that fails', { expression: 'false', message: 'm', messageExpression: 'string(object.none)' }, 422, 'Invalid', 'm'],
  ['a reason', { expression: 'false', reason: 'Forbidden' }, 403, 'Forbidden', 'failed expression: false'],
  ['another reason', { expression: 'false', reason: 'RequestEntityTooLarge' }, 413, 'RequestEntityTooLarge', 'failed expression: false'],
  ['an expression that fails', { expression: 'object.data.none == "1"' }, 422, 'Invalid', `expression 'object.data.none == "1"' resulted in error: no such key: data`],
] as const) test(`a policy denies with ${what}`, async () => {
  const { ask, validating } = await server()
  await validating('p', { validations: [validation] })
  const { status: got, body } = await ask(`POST ${maps}`, map('x'))
  const why = `ValidatingAdmissionPolicy 'p' with binding 'p' denied request: ${text}`
  assert.deepEqual([got, body.reason, body.message, body.details], [status, reason, `configmaps "x" is forbidden: ${why}`, { name: 'x', kind: 'configmaps', causes: [{ message: why }] }])
})

test('expressions that fail count as the failure policy says, refusals in any case', async () => {
  const { ask, validating } = await server()
  await validating('p', { failurePolicy: 'Ignore', validations: [{ expression: 'object.data.none == "1"' }, { expression: "object.metadata.name != 'x'" }] })
  assert.equal((await ask(`POST ${maps}`, map('y'))).status, 201)
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 422)
})

test('actions: warnings are said, denials deny; a policy that is not bound does nothing', async () => {
  const { ask, validating, bind } = await server()
  await validating('p', { validations: [{ expression: 'false', message: 'one' }, { expression: 'false', message: 'two' }] }, { validationActions: ['Warn', 'Audit'] })
  const { status, headers } = await ask(`POST ${maps}`, map('x'))
  assert.deepEqual([status, headers.warning], [201, ["one", 'two'].map((text) => `299 - "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': ${text}"`)])
  await bind('q', { policyName: 'other' })
  assert.equal((await ask(`POST ${maps}`, map('y'))).status, 201)
})

test('variables are composed, lazily; what match conditions exclude is not evaluated', async () => {
  const { ask, validating } = await server()
  await validating('p', {
    matchConditions: [{ name: 'not-z', expression: "object.metadata.name != 'z'" }],
    variables: [{ name: 'keys', expression: 'has(object.data) ? object.data.size() : 0' }, { name: 'many', expression: 'variables.keys > 1' }, { name: 'broken', expression: 'object.none' }],
    validations: [{ expression: '!variables.many', messageExpression: "string(variables.keys) + ' keys'" }, { expression: "object.metadata.name != 'b' || variables.broken == 1" }],
  })
  const deny = async (name: string, data?: object) => (await ask(`POST ${maps}`, { ...map(name), ...(data && { data }) })).body.message?.split('denied request: ')[1]
  assert.equal(await deny('x', { a: '1' }), undefined)
  assert.equal(await deny('y', { a: '1', b: '2' }), '2 keys')
  assert.equal(await deny('z', { a: '1', b: '2' }), undefined)
  assert.equal(await deny('b'), `expression 'object.metadata.name != 'b' || variables.broken == 1' resulted in error: composited variable "broken" fails to evaluate: no such key: none`)
})

test('what is excluded, selected or narrowed by the binding', async () => {
  const { ask, validating } = await server()
  await validating('p', { matchConstraints: { ...onMaps, excludeResourceRules: [{ ...onMaps.resourceRules[0], resourceNames: ['free'] }] }, validations: [{ expression: 'false' }] },
    { matchResources: { objectSelector: { matchLabels: { a: 'b' } }, namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['a'] }] } } })
  const status = async (name: string, labels?: object) => (await ask(`POST ${maps}`, map(name, labels && { labels }))).status
  assert.deepEqual([await status('x'), await status('y', { a: 'b' }), await status('free', { a: 'b' })], [201, 422, 201])
  await ask('PATCH /api/v1/namespaces/n', { metadata: { labels: { team: 'b' } } })
  assert.equal(await status('y', { a: 'b' }), 201)
})

test('updates and deletions are seen with what was there before', async () => {
  const { ask, validating } = await server()
  await ask(`POST ${maps}`, { ...map('x'), data: { fixed: '1' } })
  await validating('p', { matchConstraints: { resourceRules: [{ ...onMaps.resourceRules[0], operations: ['*'] }] },
    validations: [{ expression: "request.operation != 'UPDATE' || oldObject.data.fixed == object.data.fixed" }, { expression: "request.operation != 'DELETE' || object == null && oldObject.metadata.name != 'x'" }] })
  assert.equal((await ask(`PATCH ${maps}/x`, { data: { fixed: '2' } })).status, 422)
  assert.equal((await ask(`PATCH ${maps}/x`, { data: { other: '2' } })).status, 200)
  assert.equal((await ask(`DELETE ${maps}/x`)).status, 422)
})

test('the namespace is seen; a namespace itself lies in none', async () => {
  const { ask, validating } = await server()
  await validating('p', { matchConstraints: { resourceRules: [onMaps.resourceRules[0], { ...onMaps.resourceRules[0], resources: ['namespaces'] }] }, validations: [{ expression: "namespaceObject == null || namespaceObject.metadata.labels.team == 'b'" }] })
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 422)
  assert.equal((await ask('PATCH /api/v1/namespaces/n', { metadata: { labels: { team: 'b' } } })).status, 200)
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 201)
})

test('parameters: by name, by selector, in the namespace of the object; missing ones as the binding says', async () => {
  const { ask, validating, bind } = await server()
  const spec = { paramKind: { apiVersion: 'v1', kind: 'Secret' }, validations: [{ expression: "params.metadata.name != 'bad' && params.kind == 'Secret'", messageExpression: "'by ' + params.metadata.name" }] }
  await validating('p', spec, { paramRef: { name: 'bad', parameterNotFoundAction: 'Allow' } })
  const deny = async () => (await ask(`POST ${maps}?dryRun=All`, map('x'))).body.message?.split('denied request: ')[1]
  const secret = (name: string, labels: object = {}) => ask('POST /api/v1/namespaces/n/secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels } })
  assert.equal(await deny(), undefined)
  await bind('q', { policyName: 'p', paramRef: { selector: { matchLabels: { a: 'b' } }, parameterNotFoundAction: 'Deny' } })
  assert.equal(await deny(), 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction')
  await secret('good', { a: 'b' })
  assert.equal(await deny(), undefined)
  await secret('bad')
  assert.equal(await deny(), 'by bad')
})

test('parameters that cannot be: an unknown kind, a namespace too many or too few', async () => {
  const { ask, validating, bind } = await server()
  const deny = async (line = `POST ${maps}?dryRun=All`, body: object = map('x')) => (await ask(line, body)).body.message?.split('forbidden: ')[1]
  await validating('p', { paramKind: { apiVersion: 'a.example/v1', kind: 'Thing' }, validations: [{ expression: 'true' }] }, { paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } })
  assert.equal(await deny(), "ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'a.example/v1, Kind=Thing'")
  await ask(`DELETE ${api}/validatingadmissionpolicies/p`)
  await validating('node', { paramKind: { apiVersion: 'v1', kind: 'Node' }, validations: [{ expression: 'true' }] }, { paramRef: { name: 'x', namespace: 'n', parameterNotFoundAction: 'Deny' } })
  assert.equal(await deny(), "ValidatingAdmissionPolicy 'node' with binding 'node' denied request: failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
  await ask(`DELETE ${api}/validatingadmissionpolicies/node`)
  await validating('map', { matchConstraints: { resourceRules: [{ ...onMaps.resourceRules[0], resources: ['nodes'] }] }, paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'true' }] }, { paramRef: { name: 'x', parameterNotFoundAction: 'Allow' } })
  assert.equal(await deny('POST /api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'x' } }), "ValidatingAdmissionPolicy 'map' with binding 'map' denied request: failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
  await bind('z', { policyName: 'none' })
})

test('expressions that cost too much are stopped', async () => {
  const { ask, validating } = await server()
  const source = `['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].all(a, ${'['}1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, [1, 2, 3].all(f, b + c + d + e + f > 0))))))`
  await validating('p', { validations: [{ expression: source }] })
  const { body } = await ask(`POST ${maps}`, map('x'))
  assert.match(body.message, /resulted in error: operation cancelled: actual cost limit exceeded$/)
})

test('configurations are laid over what is written, and the object is defaulted and stored', async () => {
  const { ask, mutating } = await server()
  await mutating('m', { matchConditions: [{ name: 'a', expression: "object.metadata.name != 'skip'" }], mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"added": "yes"}, annotations: {"who": request.userInfo.username}}}' } }] })
  const { body, status } = await ask(`POST ${maps}`, map('x', { labels: { added: 'no', own: 'x' } }))
  assert.equal(status, 201, body.message)
  assert.deepEqual([body.metadata.labels, body.metadata.annotations], [{ added: 'yes', own: 'x' }, { who: 'system:anonymous' }])
  assert.equal((await ask(`POST ${maps}`, map('skip'))).body.metadata.labels, undefined)
})

test('JSON patches, in order, with variables; a failed test changes nothing', async () => {
  const { ask, mutating } = await server()
  const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } })
  await mutating('m', { variables: [{ name: 'n', expression: "has(object.data) ? object.data.size() : 0" }], mutations: [
    patch('[JSONPatch{op: "add", path: "/data", value: {"a": string(variables.n)}}]'), patch('[JSONPatch{op: "add", path: "/data/b", value: string(variables.n)}]'),
    patch('[JSONPatch{op: "test", path: "/data/a", value: "other"}, JSONPatch{op: "remove", path: "/data"}]'),
  ] })
  assert.deepEqual((await ask(`POST ${maps}`, map('x'))).body.data, { a: '0', b: '1' })
})

for (const [what, mutation, code, reason, message] of [
  ['names a field that is not there', { patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{x: 1}}' } }, 403, 'Invalid', "policy 'm' with binding 'm' denied request: error applying patch: failed to convert patch object to typed object: .spec: field not declared in schema"],
  ['puts an object where it does not belong', { patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{metadata: Object.spec{labels: {"a": "b"}}}' } }, 403, 'Invalid', `policy 'm' with binding 'm' denied request: type mismatch: unexpected type name "Object.spec", expected "Object.metadata", which matches field name path from root Object type`],
  ['replaces what is atomic', { patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{metadata: Object.metadata{managedFields: [Object.metadata.managedFields{manager: "x"}]}}' } }, 403, 'Invalid', "policy 'm' with binding 'm' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .metadata.managedFields"],
  ['fails', { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "add", path: object.none, value: 1}]' } }, 403, 'Invalid', `policy 'm' with binding 'm' denied request: expression '[JSONPatch{op: "add", path: object.none, value: 1}]' resulted in error: no such key: none`],
  ['does not fit', { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/data/none"}]' } }, 403, 'Invalid', `policy 'm' with binding 'm' denied request: JSONPath: remove operation does not apply: doc is missing path: "/data/none": missing value`],
  ['makes what is unknown', { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "add", path: "/other", value: 1}]' } }, 500, 'InternalError', 'Internal error occurred: strict decoding error: unknown field "other"'],
] as const) test(`a mutation that ${what} refuses the write`, async () => {
  const { ask, mutating } = await server()
  await mutating('m', { mutations: [mutation] })
  const { status, body } = await ask(`POST ${maps}`, map('x'))
  assert.deepEqual([status, body.reason, body.message], [code, reason, message])
})

test('a missing parameter refuses a mutation with 403', async () => {
  const { ask, mutating } = await server()
  await mutating('m', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "add", path: "/data", value: params.data}]' } }] }, { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } })
  const { status, body } = await ask(`POST ${maps}`, map('x'))
  const message = "policy 'm' with binding 'm' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
  assert.deepEqual([status, body.reason, body.message, body.details], [403, 'Forbidden', message, { name: 'x', kind: 'configmaps', causes: [{ message }] }])
})

test('a policy that wants to be called again is, once anything has been changed', async () => {
  const { ask, mutating } = await server()
  const append = (text: string) => ({ mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: `[JSONPatch{op: "add", path: "/data", value: {"trail": (has(object.data) ? object.data.trail : "") + "${text}"}}]` } }] })
  await mutating('a', { reinvocationPolicy: 'IfNeeded', ...append('a') })
  await mutating('b', append('b'))
  assert.equal((await ask(`POST ${maps}`, map('x'))).body.data.trail, 'aba')
})

test('policies are not their own subject, and take effect and end at once', async () => {
  const { ask, validating } = await server()
  await validating('p', { matchConstraints: { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] }, validations: [{ expression: 'false' }] })
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 422)
  assert.equal((await ask(`DELETE ${api}/validatingadmissionpolicybindings/p`)).status, 200)
  assert.equal((await ask(`POST ${maps}`, map('x'))).status, 201)
})

test('policies judge everything but policies and reviews', async () => {
  const { ask, validating } = await server()
  await validating('p', { matchConstraints: { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }] }, validations: [{ expression: 'false' }] })
  const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'n' }
  for (const [path, body, wanted] of [
    [`${api}/validatingwebhookconfigurations`, { metadata: { name: 'w' } }, 422], [`${api}/mutatingwebhookconfigurations`, { metadata: { name: 'w' } }, 422],
    [`${api}/validatingadmissionpolicybindings`, { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'] } }, 201], [`${api}/mutatingadmissionpolicybindings`, { metadata: { name: 'b' }, spec: { policyName: 'p' } }, 201],
    ['/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 't' } }, 201], ['/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, 201],
    ['/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec: { user: 'u', resourceAttributes } }, 201], ['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: { resourceAttributes } }, 201],
    ['/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { spec: { namespace: 'n' } }, 201], ['/apis/authorization.k8s.io/v1/namespaces/n/localsubjectaccessreviews', { spec: { user: 'u', resourceAttributes } }, 201],
  ] as const) assert.equal((await ask(`POST ${path}`, body)).status, wanted, path)
})

for (const [what, wait] of [['at once', false], ['later', true]] as const) test(`the authorizer is asked, and answers ${what}`, async () => {
  const asked: string[] = []
  const { ask, validating } = await server({ authorize({ user, verb, resource }) {
    if (resource?.resource !== 'things' && verb !== 'look') return { verdict: 'allow', reason: '' }
    asked.push(`${user.name} ${verb} ${resource!.group}/${resource!.resource} ${resource!.namespace} ${resource!.name}`)
    const decision = { verdict: user.name.endsWith('sa') ? 'allow' as const : 'none' as const, reason: 'why' }
    return wait ? Promise.resolve(decision) : decision
  } })
  await validating('p', { variables: [{ name: 'may', expression: "authorizer.group('a.example').resource('things').namespace('m').check('use')" }], validations: [
    { expression: "variables.may.allowed() || authorizer.serviceAccount('n', 'sa').group('a.example').resource('things').check('use').allowed()" },
    { expression: "authorizer.requestResource.check('look').allowed()", messageExpression: "'because'" }, { expression: 'variables.may.allowed()', message: 'not you' },
  ] })
  const { body } = await ask(`POST ${maps}`, map('x'))
  assert.equal(body.message, `configmaps "x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: because`)
  assert.deepEqual(asked, ['system:anonymous use a.example/things m ', 'system:serviceaccount:n:sa use a.example/things  ', 'system:anonymous look /configmaps n x'])
})

test('whoever writes a policy with parameters, or binds them, must be able to read them', async () => {
  let may = (_: string): boolean => false
  const { ask } = await server({ authorize: ({ verb, resource }) => ({ verdict: resource?.group === 'admissionregistration.k8s.io' || resource?.resource === 'namespaces' || may(`${verb} ${resource?.resource} ${resource?.namespace}/${resource?.name}`) ? 'allow' : 'none', reason: '' }) })
  const policy = { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' }, spec: { matchConstraints: onMaps, paramKind: { apiVersion: 'v1', kind: 'Secret' }, validations: [{ expression: 'true' }] } }
  const refused = await ask(`POST ${api}/validatingadmissionpolicies`, policy)
  const user = '&{system:anonymous  [system:unauthenticated] map[]}'
  assert.deepEqual([refused.status, refused.body.details.causes], [422, [{ reason: 'FieldValueForbidden', field: 'spec.paramKind', message: `Forbidden: user ${user} must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)` }]])
  may = (what) => what === 'get secrets */*'
  assert.equal((await ask(`POST ${api}/validatingadmissionpolicies`, policy)).status, 201)
  const binding = (paramRef: object, policyName = 'p') => ({ apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'b' }, spec: { policyName, validationActions: ['Deny'], paramRef: { parameterNotFoundAction: 'Deny', ...paramRef } } })
  const bind = async (paramRef: object, policyName?: string) => (await ask(`POST ${api}/validatingadmissionpolicybindings`, binding(paramRef, policyName))).body.details?.causes[0].message
  assert.equal(await bind({ name: 's', namespace: 'n' }), `Forbidden: user ${user} does not have "get" permission on the object referenced by paramRef`)
  assert.equal(await bind({ selector: {} }, 'none'), `Forbidden: unable to get policy none to determine minimum required permissions and user ${user} does not have "list" permission for all groups, versions and resources`)
  may = (what) => what === 'get secrets n/s'
  assert.equal(await bind({ name: 's', namespace: 'n' }), undefined)
})
