import assert from 'node:assert/strict'
import { test } from 'node:test'
import { md5 } from './md5.ts'

const vectors: [text: string, digest: string][] = [
  ['', 'd41d8cd98f00b204e9800998ecf8427e'], ['abc', '900150983cd24fb0d6963f7d28e17f72'], ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'], ['a'.repeat(56), '3b0c8ac703f828b04c6c197006d17218'],
]
test('digests are those of RFC 1321', () => { for (const [text, digest] of vectors) assert.equal(md5(text), digest) })
