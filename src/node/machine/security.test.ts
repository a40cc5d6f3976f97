import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod } from '#kinds'
import type { Image } from '../runtime/runtime.ts'
import { containerSecurity, sandboxSecurity } from './security.ts'

type Of<T> = NonNullable<T>
const image: Image = { id: 'i', repoTags: [], repoDigests: [], size: 1, uid: undefined, username: '', pinned: false }
const pod = (shared: Of<Pod['spec']['securityContext']>, own: Of<Container['securityContext']>, spec: Partial<Pod['spec']> = {}): Pod =>
  ({ metadata: { name: 'p', namespace: 'ns', uid: 'u' }, spec: { securityContext: shared, containers: [{ name: 'c', securityContext: own }], ...spec } }) as unknown as Pod
const secured = (p: Pod, from: Partial<Image> = {}) => containerSecurity(p, p.spec.containers[0]!, { image: { ...image, ...from } }, '/profiles')

const refused: [why: string, pod: Pod, image: Partial<Image>, message: string | undefined][] = [
  ['an image of root', pod({ runAsNonRoot: true }, {}), {}, 'container has runAsNonRoot and image will run as root (pod: "p_ns(u)", container: c)'],
  ['an image of number 0', pod({ runAsNonRoot: true }, {}), { uid: 0 }, 'container has runAsNonRoot and image will run as root (pod: "p_ns(u)", container: c)'],
  ['an image of a name', pod({}, { runAsNonRoot: true }), { username: 'www' }, 'container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root (pod: "p_ns(u)", container: c)'],
  ['user 0', pod({ runAsNonRoot: true, runAsUser: 0 }, {}), { uid: 5 }, 'container\'s runAsUser breaks non-root policy (pod: "p_ns(u)", container: c)'],
  ['not another user', pod({ runAsNonRoot: true, runAsUser: 7 }, {}), {}, undefined],
  ['not an image of a number', pod({ runAsNonRoot: true }, {}), { uid: 5 }, undefined],
  ['nothing when the container allows root', pod({ runAsNonRoot: true }, { runAsNonRoot: false }), {}, undefined],
]
for (const [why, p, from, message] of refused)
  test(`runAsNonRoot refuses ${why}`, () => (message === undefined ? assert.doesNotThrow(() => secured(p, from)) : assert.throws(() => secured(p, from), { reason: 'CreateContainerConfigError', message })))

const users: [why: string, pod: Pod, image: Partial<Image>, user: object][] = [
  ['its own', pod({ runAsUser: 1, runAsGroup: 2 }, { runAsUser: 3 }), { uid: 9 }, { runAsUser: 3, runAsGroup: 2 }],
  ['the number of the image', pod({}, {}), { uid: 9 }, { runAsUser: 9 }],
  ['the name of the image', pod({}, {}), { username: 'www' }, { runAsUsername: 'www' }],
  ['root', pod({}, {}), {}, { runAsUser: 0 }],
]
for (const [why, p, from, user] of users)
  test(`a container runs as ${why}`, () => {
    const { runAsUser, runAsGroup, runAsUsername } = secured(p, from)
    assert.deepEqual(JSON.parse(JSON.stringify({ runAsUser, runAsGroup, runAsUsername })), user)
  })
test('the file system group and more groups are those of all its processes', () =>
  assert.deepEqual(secured(pod({ fsGroup: 5, supplementalGroups: [6, 5] }, {})).supplementalGroups, [5, 6]))
test('a privileged container sees all and makes its sandbox privileged', () => {
  const p = pod({ seccompProfile: { type: 'RuntimeDefault' } }, { privileged: true })
  const { privileged, maskedPaths, seccomp } = secured(p)
  assert.deepEqual([privileged, maskedPaths, seccomp, sandboxSecurity(p).privileged], [true, [], { type: 'unconfined' }, true])
})
test('capabilities, profiles and escalation are as asked for', () => {
  const s = secured(pod({ seccompProfile: { type: 'Localhost', localhostProfile: 'a/b.json' } }, { allowPrivilegeEscalation: false, capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } }))
  assert.deepEqual([s.noNewPrivileges, s.addCapabilities, s.dropCapabilities, s.seccomp], [true, ['NET_ADMIN'], ['ALL'], { type: 'localhost', localhostRef: '/profiles/a/b.json' }])
})
test('namespaces are shared as asked for', () =>
  assert.deepEqual([sandboxSecurity(pod({}, {}, { hostNetwork: true, hostPID: true })).namespaces, sandboxSecurity(pod({}, {}, { shareProcessNamespace: true, hostIPC: true })).namespaces],
    [{ network: 'node', ipc: 'pod', pid: 'node' }, { network: 'pod', ipc: 'node', pid: 'pod' }]))
