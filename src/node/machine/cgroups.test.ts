import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#kinds'
import { cgroupHierarchies, podCgroup } from './cgroups.ts'

const v1 = ['cpu', 'cpuset', 'memory'].map((c, i) => `3${i} 25 0:3${i} / /sys/fs/cgroup/${c} rw - cgroup cgroup rw,${c}`)
const named = '40 25 0:40 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd', unified = '41 25 0:41 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw'
test('controllers of version 1 are used where there are some', () =>
  assert.deepEqual(cgroupHierarchies([...v1, named, unified].join('\n')), { version: 1, hierarchies: ['cpu', 'cpuset', 'memory'].map((c) => ({ path: `/sys/fs/cgroup/${c}`, controllers: [c] })) }))
test('version 2 is used where it is alone', () =>
  assert.deepEqual(cgroupHierarchies(['20 1 0:1 / / rw - ext4 /dev/a rw', unified].join('\n')), { version: 2, hierarchies: [{ path: '/sys/fs/cgroup/unified', controllers: [] }] }))

const classes: [qosClass: string, name: string][] = [['Guaranteed', '/k/podu'], ['Burstable', '/k/burstable/podu'], ['BestEffort', '/k/besteffort/podu']]
for (const [qosClass, name] of classes)
  test(`the cgroup of a ${qosClass} pod`, () => assert.equal(podCgroup('/k', { metadata: { uid: 'u' }, spec: {}, status: { qosClass } } as unknown as Pod), name))
