import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '#machinery'
import { requestInfo } from '../request.ts'
import { parsePolicy } from './policy.ts'

const policy = (rules: string, more = ''): string => `apiVersion: audit.k8s.io/v1\nkind: Policy\n${more}rules:\n${rules}`
const jane: User = { name: 'jane', groups: ['devs', 'system:authenticated'] }
const refusal = (text: string): string => { try { parsePolicy(text, () => {}); return '' } catch (error) { return (error as Error).message } }

test('a policy that is wrong is refused in the reference\'s words', () => {
  for (const [text, why] of [
    [policy('- level: Loud'), 'rules[0].level: Unsupported value: "Loud": supported values: "None", "Metadata", "Request", "RequestResponse"'],
    [policy('- verbs: [get]'), 'rules[0].level: Required value'],
    [policy('- level: None\n  nonResourceURLs: ["healthz", "/a*b", "*"]'), `[rules[0].nonResourceURLs[0]: Invalid value: "healthz": non-resource URL rules must begin with a '/' character, rules[0].nonResourceURLs[1]: Invalid value: "/a*b": non-resource URL wildcards '*' must be the final character of the rule]`],
    [policy('- level: None\n  omitStages: [Later]'), 'rules[0].omitStages[0]: Invalid value: "Later": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic'],
    [policy('- level: None\n  namespaces: [a]\n  nonResourceURLs: ["/x"]'), 'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs'],
    [policy('- level: None\n  resources: [{group: apps, resourceNames: [a]}]'), 'rules[0].resources.resourceNames: Invalid value: ["a"]: using resourceNames requires at least one resource'],
    [policy(' []'), 'loaded illegal policy with 0 rules'],
    ['rules: []', 'failed decoding: Object \'Kind\' is missing in the policy'],
    ['apiVersion: audit.k8s.io/v2\nkind: Policy\nrules: [{level: None}]', 'failed decoding: no kind "Policy" is registered for version "audit.k8s.io/v2"'],
  ] as const) assert.equal(refusal(text), why)
  assert.match(refusal(policy('- level: None\n  resources: [{group: apps/v1}]')), /^rules\[0\]\.resources\.group: Invalid value: "apps\/v1": a lowercase RFC 1123 subdomain/)
})

test('what is read although it is not right is told', () => {
  const told: string[] = []
  parsePolicy('apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None, verb: get}]', (text) => { told.push(text) })
  assert.equal(told.length, 2)
  assert.match(told[0]!, /audit\.k8s\.io\/v1beta1/)
  assert.match(told[1]!, /falling back to lenient decoding: strict decoding error: unknown field "rules\[0\]\.verb"/)
})

test('the first rule that matches decides; none is None', () => {
  const level = parsePolicy(policy(`
- {level: None, users: [system:kube-proxy], verbs: [watch]}
- {level: None, userGroups: [system:nodes]}
- {level: None, nonResourceURLs: ["/healthz*", "/version"]}
- {level: Metadata, resources: [{group: "", resources: [secrets, configmaps]}]}
- {level: Request, resources: [{group: "", resources: ["pods/*"]}, {group: apps, resources: ["*/scale"]}]}
- {level: RequestResponse, namespaces: [kube-system], resources: [{group: "", resources: ["*"], resourceNames: [one]}]}
- {level: Metadata, namespaces: [""], resources: [{group: rbac.authorization.k8s.io}]}
- {level: Request, namespaces: ["n"]}
`), () => {})
  const of = (line: string, user: User | undefined = jane) => { const [method, path] = line.split(' ') as ['GET', string]; return level(requestInfo({ method, path: path.split('?')[0]!, query: path.split('?')[1] ?? '' }), user).level }
  for (const [line, wanted, user] of [
    ['GET /api/v1/services?watch=1', 'None', { name: 'system:kube-proxy', groups: [] }], ['GET /api/v1/namespaces/n/pods', 'None', { name: 'n', groups: ['system:nodes'] }],
    ['GET /healthz/ping', 'None'], ['GET /version', 'None'], ['GET /versions', 'None'], ['GET /api/v1/namespaces/x/secrets/a', 'Metadata'], ['POST /api/v1/namespaces/n/pods/a/exec', 'Request'],
    ['GET /api/v1/namespaces/x/pods/a', 'Request'], ['PUT /apis/apps/v1/namespaces/x/deployments/a/scale', 'Request'], ['GET /api/v1/namespaces/kube-system/services/one', 'RequestResponse'],
    ['GET /api/v1/namespaces/kube-system/services/two', 'None'], ['GET /apis/rbac.authorization.k8s.io/v1/clusterroles', 'Metadata'], ['GET /apis/rbac.authorization.k8s.io/v1/namespaces/x/roles', 'None'],
    ['GET /apis/apps/v1/namespaces/n/deployments', 'Request'], ['GET /api/v1/namespaces/x/secrets', 'Metadata', undefined],
  ] as const) assert.equal(of(line, user), wanted, line)
})

test('stages are left out where the policy or the rule says so; managed fields too', () => {
  const level = parsePolicy(policy('- {level: Metadata, verbs: [get], omitStages: [ResponseStarted], omitManagedFields: false}\n- {level: Metadata, verbs: [list]}', 'omitStages: [RequestReceived]\nomitManagedFields: true\n'), () => {})
  const of = (path: string) => level(requestInfo({ method: 'GET', path, query: '' }), jane)
  assert.deepEqual([...of('/api/v1/namespaces/n/pods/a').omitStages], ['RequestReceived', 'ResponseStarted'])
  assert.equal(of('/api/v1/namespaces/n/pods/a').omitManagedFields, false)
  assert.deepEqual([...of('/api/v1/pods').omitStages], ['RequestReceived'])
  assert.equal(of('/api/v1/pods').omitManagedFields, true)
})
