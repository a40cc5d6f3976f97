// Every flag of kube-apiserver is known: it has an effect, or it says that it has none, or why it cannot be had.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import facts from '../../../tests/facts/flags.json' with { type: 'json' }
import { server } from '../commands/server.ts'
import { flagName } from '../flag.ts'
import { referenceFlags, withoutReferenceFlags } from './reference-flags.ts'

const own = new Set(Object.keys(server.flags).map(flagName))
const types: Readonly<Record<string, string>> = { bool: 'bool', int: 'int', float: 'float', float32: 'float', duration: 'duration' }
const taken = (...args: string[]): [rest: string[], warnings: string[]] => { const warnings: string[] = []; return [withoutReferenceFlags(args, own, (line) => { warnings.push(line) }), warnings] }

test('every flag of the reference is taken or known, with the reference\'s type', () => {
  const kubeApiserver = (facts as Record<string, Record<string, { type: string }>>)['kube-apiserver']!
  const unknown = Object.keys(kubeApiserver).filter((name) => name !== 'help' && name !== 'version' && !own.has(name) && !referenceFlags[name])
  assert.deepEqual(unknown, [])
  for (const [name, { type }] of Object.entries(referenceFlags)) assert.equal(type, types[kubeApiserver[name]!.type] ?? 'text', name)
  for (const [name, { idle, refused }] of Object.entries(referenceFlags)) assert.ok((idle === undefined) !== (refused === undefined), name)
})

test('what has no effect says so once, what fits says nothing, the rest is left alone', () => {
  assert.deepEqual(taken('--etcd-cafile', 'ca.pem', '--watch-cache', '--storage-backend=etcd3', '--port', '0', '--kubelet-timeout=2h', '--', '--etcd-servers=x'),
    [['--port', '0', '--', '--etcd-servers=x'], ['--etcd-cafile has no effect: the store is this process\'s own', '--kubelet-timeout has no effect: agents have ten seconds']])
})

test('what would mean something else is refused, and so is what is of another type', () => {
  assert.throws(() => taken('--etcd-servers=https://etcd:2379'), /^Failure: --etcd-servers is a flag of kube-apiserver that cannot be had here: /)
  assert.throws(() => taken('--kubelet-timeout=soon'), /--kubelet-timeout wants a duration such as 40s, 5m or 1h30m, not "soon"/)
  assert.throws(() => taken('--delete-collection-workers=many'), /--delete-collection-workers wants a whole number/)
  assert.throws(() => taken('--watch-cache=perhaps'), /--watch-cache wants true or false/)
  assert.throws(() => taken('--etcd-cafile'), /--etcd-cafile needs a value/)
})
