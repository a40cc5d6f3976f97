// The resource list of every group and version against the recorded facts of the reference (tests/facts).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import facts from '../../../tests/facts/resources.json' with { type: 'json' }
import { start, type Body } from '../contract-kit.ts'

interface Kinded { readonly group: string; readonly version: string; readonly kind: string }
interface Fact extends Kinded { readonly resource: string; readonly singular: string; readonly scope: string; readonly verbs: string[]; readonly shortNames: string[]; readonly categories: string[]; readonly subresources: readonly { readonly name: string; readonly kind: Kinded; readonly verbs: string[] }[] }
const all: readonly Fact[] = facts
const sorted = (words: string[] = []) => words.toSorted()

const { ask } = await start()
for (const groupVersion of new Set(all.map(({ group, version }) => (group === '' ? version : `${group}/${version}`)))) {
  const path = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`
  const expected = all.filter(({ group, version }) => (group === '' ? version : `${group}/${version}`) === groupVersion)
  test(`${path} lists what the reference lists`, async () => {
    const listed = (await ask(`GET ${path}`)).body.resources as Body[]
    assert.deepEqual(listed.map(({ name, kind, namespaced, singularName, verbs, shortNames, categories }) => ({ name, kind, namespaced, singularName: name.includes('/') ? '' : singularName, verbs: sorted(verbs), shortNames: sorted(shortNames), categories: sorted(categories) })).toSorted(byName),
      expected.flatMap(({ resource, kind, scope, singular, verbs, shortNames, categories, subresources }) => [
        { name: resource, kind, namespaced: scope === 'Namespaced', singularName: singular, verbs: sorted(verbs), shortNames: sorted(shortNames), categories: sorted(categories) },
        ...subresources.map((each) => ({ name: `${resource}/${each.name}`, kind: each.kind.kind, namespaced: scope === 'Namespaced', singularName: '', verbs: sorted(each.verbs), shortNames: [], categories: [] })),
      ]).toSorted(byName))
    assert.deepEqual(listed.map(({ name }) => name as string), listed.map(({ name }) => name as string).toSorted(), 'in order of names')
  })
  test(`${path} in a form nobody has is refused`, async () => {
    assert.equal((await ask(`GET ${path}`, undefined, { accept: 'text/html' })).status, 406)
  })
}
function byName(a: { readonly name: string }, b: { readonly name: string }): number { return a.name < b.name ? -1 : 1 }
