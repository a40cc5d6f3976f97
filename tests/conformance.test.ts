// Every behaviour that the reference's conformance asks of the API server, of authentication and of kubectl is played by a test of its name.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import names from './facts/conformance.json' with { type: 'json' }

/** The names that a file's tests have. A part is named first, then what it should do; what a template fills in may be anything. */
function played(text: string): RegExp[] {
  const found: RegExp[] = []
  let part = ''
  for (const [, named, quoted] of text.matchAll(/\b(?:(conformance|const \w+ = behaviour)|behaviour|publish|aggregate)\)?\((('|"|`).*?\3)/g)) {
    const title = quoted!.slice(1, -1)
    if (named !== undefined) part = `${title} `
    else found.push(new RegExp(`^${(title.startsWith('[sig-') ? title : part + title).replace(/\$\{[^}]*\}|[.*+?^()|[\]\\/]/g, (special) => (special.startsWith('$') ? '.*' : `\\${special}`))} \\[Conformance\\]$`))
  }
  return found
}

test('every behaviour of conformance has a test of its name', () => {
  const files = globSync(['tests/conformance/*.test.ts', 'tests/real/conformance-*.test.ts'])
  const all = files.flatMap((file) => played(readFileSync(file, 'utf8')))
  assert.deepEqual(names.filter((name) => !all.some((title) => title.test(name))), [])
})
