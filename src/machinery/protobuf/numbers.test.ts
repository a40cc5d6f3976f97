// The table of field numbers against the facts of the reference.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import current from '../../../tests/facts/protobuf.json' with { type: 'json' }
import removed from '../../../tests/facts/protobuf-removed-versions.json' with { type: 'json' }
import numbers from './numbers.json' with { type: 'json' }

type Field = [number: number, label: string, type: string]
const messages = { ...removed, ...current } as unknown as Record<string, Record<string, Field>> // allowed: JSON has no tuples
const factOf = (name: string) => messages[`k8s.io.${name.replace('kube-aggregator', 'kube_aggregator').replace('apiextensions-apiserver', 'apiextensions_apiserver')}`]
/** The facts name some fields by Go's rules, JSON by its own: $ref is ref, x-kubernetes-map-type xKubernetesMapType. */
const plain = (name: string) => name.toLowerCase().replace(/[-$]/g, '')

for (const [name, line] of Object.entries(numbers)) {
  test(`the fields of ${name} have the numbers that the reference gives them`, () => {
    const fact = factOf(name)
    assert.ok(fact, 'is no message of the reference')
    const ours = Object.fromEntries(line.split(' ').flatMap((field, i): [string, number][] => {
      if (field === '-' || field === '') return []
      if (!field.startsWith('...')) return [[plain(field.replace('*', '')), i + 1]]
      const inner = field.slice(3)
      assert.ok(inner in numbers, `${inner} has no line of its own`)
      const found = Object.entries(fact).find(([, [number]]) => number === i + 1)
      assert.ok(found && factOf(inner) && inner.endsWith(`.${found[1][2].split('.').at(-1)}`), `${inner} is not what lies at ${i + 1}`)
      return [[plain(found[0]), i + 1]]
    }))
    const theirs = Object.fromEntries(Object.entries(fact).map(([field, [number]]) => [plain(field), number]))
    assert.deepEqual(ours, theirs)
  })
}
