import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatOf } from './formats.ts'

const cases: Readonly<Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>> = {
  'date-time': { good: ['2020-01-01T00:00:00Z', '2020-02-29t23:59:59.123+01:00'], bad: ['2020-01-01', '2020-13-01T00:00:00Z', '2021-02-29T00:00:00Z', '2020-01-01T24:00:00Z', 'today'] },
  date: { good: ['2020-02-29'], bad: ['2020-2-9', '2021-02-29', ''] },
  duration: { good: ['1h', '1h30m', '0', '-1.5s', '22 ns', '3 days', '2 weeks'], bad: ['long', '', '5', '1x'] },
  ipv4: { good: ['1.2.3.4', '010.0.0.1'], bad: ['1.2.3', '::1', '256.1.1.1'] },
  ipv6: { good: ['::1', 'fe80::1'], bad: ['1.2.3.4', ':::'] },
  cidr: { good: ['10.0.0.0/8', '::/0'], bad: ['10.0.0.0', '10.0.0.0/33'] },
  mac: { good: ['01:23:45:67:89:ab', '01-23-45-67-89-ab', '0123.4567.89ab'], bad: ['01:23', '01:23:45:67:89:zz', '01:23-45:67:89:ab'] },
  uuid: { good: ['a8098c1a-f86e-11da-bd1a-00112444be1e', 'A8098C1AF86E11DABD1A00112444BE1E'], bad: ['x', 'a8098c1a-f86e-11da-bd1a'] },
  uuid4: { good: ['025b0d74-00a2-4048-bf57-227c5111bb34'], bad: ['a8098c1a-f86e-11da-bd1a-00112444be1e'] },
  email: { good: ['a@b.example', 'A B <a@b.example>'], bad: ['a', 'a@', '@b'] },
  hostname: { good: ['a', 'a.example', 'a-b.example'], bad: ['a_b', '-a', 'a..b'] },
  uri: { good: ['https://a.example/x?y#z', '/path', 'urn:x:y'], bad: ['a', 'http://a b', 'http://[::1'] },
  byte: { good: ['aGk=', 'aGVsbG8h'], bad: ['', '%', 'aGk'] },
  hexcolor: { good: ['#fff', '#ABCDEF'], bad: ['#ffff', 'red'] },
  rgbcolor: { good: ['rgb(0, 10, 255)'], bad: ['rgb(0,0,256)'] },
  isbn: { good: ['0-306-40615-2', '978 3401013190'], bad: ['0306406153', '9783401013191'] },
  creditcard: { good: ['4111-1111-1111-1111'], bad: ['4111-1111-1111-1112', '1'] },
  ssn: { good: ['111-11-1111'], bad: ['111-11-111'] },
  bsonobjectid: { good: ['507f1f77bcf86cd799439011'], bad: ['507f'] },
  'k8s-short-name': { good: ['a-b'], bad: ['a.b', 'A'] },
  'k8s-long-name': { good: ['a.b'], bad: ['a_b'] },
}
for (const [name, { good, bad }] of Object.entries(cases))
  test(`the format ${name}`, () => {
    const fits = formatOf(name)!
    assert.deepEqual(good.filter((text) => !fits(text)), [])
    assert.deepEqual(bad.filter((text) => fits(text)), [])
  })
test('formats that nobody knows mean nothing', () => { assert.equal(formatOf('int32'), undefined) })
