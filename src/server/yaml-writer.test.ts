import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeYaml } from './yaml-writer.ts'

const long = 'Data contains the configuration data. Each key must consist of alphanumeric characters, \'-\', \'_\' or \'.\'. Values with non-UTF-8 byte sequences must use the field.'
const check = (what: string, value: unknown, expected: string) => test(`${what} is written as the reference writes it`, () => { assert.equal(writeYaml(value), expected) })

check('an object in order of its keys', { kind: 'A', apiVersion: 'v1', metadata: { name: 'x', labels: { a10: 'b', a2: 'c', _x: 'd', B: 'e' } } }, 'apiVersion: v1\nkind: A\nmetadata:\n  labels:\n    _x: d\n    B: e\n    a2: c\n    a10: b\n  name: x\n')
check('a list in a map', { a: [1, { b: 2, c: [3] }, [4, 5], [], {}] }, 'a:\n- 1\n- b: 2\n  c:\n  - 3\n- - 4\n  - 5\n- []\n- {}\n')
check('an empty list and map', { a: [], b: {} }, 'a: []\nb: {}\n')
check('a list alone', [{ a: 1 }, 'x'], '- a: 1\n- x\n')
check('what would be read as something else', { a: '1', b: 'true', c: '', d: 'null', e: '2026-01-01T00:00:00Z', f: '1e3', g: '0x1f', h: '12:30:45', i: 'y', j: '1.2.3', k: '1Gi' },
  'a: "1"\nb: "true"\nc: ""\nd: "null"\ne: "2026-01-01T00:00:00Z"\nf: "1e3"\ng: "0x1f"\nh: "12:30:45"\ni: "y"\nj: 1.2.3\nk: 1Gi\n')
check('what cannot be plain', { a: ' x', b: '- x', c: 'a: b', d: '#x', e: "it's: so", f: 'x #y', g: '*', h: '-', i: '-x', j: 'a:b', k: '{}', l: '%' },
  "a: ' x'\nb: '- x'\nc: 'a: b'\nd: '#x'\ne: 'it''s: so'\nf: 'x #y'\ng: '*'\nh: '-'\ni: -x\nj: a:b\nk: '{}'\nl: '%'\n")
check('what is not printable', { a: 'a\tb', b: 'é', c: '\u0007', d: 'a\\b"c' }, 'a: "a\\tb"\nb: é\nc: "\\a"\nd: a\\b"c\n')
check('several lines', { a: 'x\ny\n', b: 'x\ny', c: ' x\ny', d: 'x\n\n', e: 'x \ny' }, 'a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |2-\n   x\n  y\nd: |+\n  x\n\ne: "x \\ny"\n')
check('a long line', { a: [{ description: long }] }, "a:\n- description: Data contains the configuration data. Each key must consist of alphanumeric\n    characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the\n    field.\n")
check('a long line in quotes', { d: `Is: ${'word '.repeat(30)}end` }, `d: 'Is: ${'word '.repeat(14)}word\n  ${'word '.repeat(15)}end'\n`)
check('numbers', { a: 1.5, b: 1e21, c: 1e-7, d: -0.25, e: 2 ** 53 }, 'a: 1.5\nb: 1e+21\nc: 1e-07\nd: -0.25\ne: 9007199254740992\n')
