import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import type { AgentView } from './agent-view.ts'
import { logOwner, logRequest } from './container-log.ts'

const pod = { metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { containers: [{ name: 'web' }, { name: 'new' }, { name: 'bad' }] },
  status: { containerStatuses: [{ name: 'bad', state: { waiting: { reason: 'ImagePullBackOff' } } }] } } as unknown as Pod
const agent: AgentView = {
  nodeName: 'node', find: (namespace, name) => (namespace === 'n' && name === 'p' ? pod : undefined), pods: () => [pod], sandboxId: () => undefined, probeCounts: () => [],
  containerId: (_uid, name, previous) => (name !== 'web' || previous ? undefined : 'id'),
}

for (const [why, path, previous, expected] of [
  ['a container that ran or runs has one', ['n', 'p', 'web'], false, { id: 'id' }],
  ['a pod of another node has none here', ['n', 'other', 'web'], false, { status: 404, text: 'pod "other" does not exist\n' }],
  ['a container that the pod does not have', ['n', 'p', 'nope'], false, { status: 404, text: 'container "nope" not found in pod "p"\n' }],
  ['a container that has never run before', ['n', 'p', 'web'], true, { status: 400, text: 'previous terminated container "web" in pod "p" not found' }],
  ['a container that is being made', ['n', 'p', 'new'], false, { status: 400, text: 'container "new" in pod "p" is waiting to start: ContainerCreating' }],
  ['a container without its image', ['n', 'p', 'bad'], false, { status: 400, text: 'container "bad" in pod "p" is waiting to start: trying and failing to pull image' }],
] as const) test(`a log: ${why}`, () => { assert.deepEqual(logOwner(agent, path, previous), expected) })

for (const [query, expected] of [
  ['', {}],
  ['follow=true&timestamps=true&tailLines=0&limitBytes=5', { follow: true, timestamps: true, tailLines: 0, limitBytes: 5 }],
  ['sinceSeconds=10', { since: 990_000 }],
  ['sinceTime=1970-01-01T00:00:05Z', { since: 5_000 }],
  ['tailLines=-1&limitBytes=x&sinceTime=yesterday&stream=All', {}],
  ['stream=Stderr', { stream: 'Stderr' }],
] as const) test(`a log is asked for with "${query}"`, () => { assert.deepEqual(logRequest(new URLSearchParams(query), 1_000_000), { follow: false, timestamps: false, ...expected }) })
