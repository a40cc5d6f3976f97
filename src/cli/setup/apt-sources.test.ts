import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMirror } from './apt-sources.ts'
import { isNewEnough } from './kubectl.ts'
import { debianCodename } from './machine.ts'

const mirror = 'http://mirror.example/debian'
function check(what: string, name: string, text: string, expected: ReturnType<typeof findMirror>): void {
  test(`the mirror in ${what} is ${expected?.uri ?? 'none'}`, () => { assert.deepEqual(findMirror([{ name, text }], 'bookworm'), expected) })
}

check('a one-line list', 'sources.list', `deb ${mirror} bookworm main contrib\n`, { uri: mirror, signedBy: undefined })
check('a one-line list with options', 'sources.list', `deb [arch=amd64 signed-by=/k.gpg] ${mirror} bookworm main # ours\n`, { uri: mirror, signedBy: '/k.gpg' })
check('a list of comments and sources', 'sources.list', `# deb http://old.example/debian bookworm main\ndeb-src ${mirror} bookworm main\n`, undefined)
check('a list of security updates only', 'sources.list', 'deb http://security.example/debian-security bookworm-security main\n', undefined)
check('deb822', 'debian.sources', `Types: deb\n# a comment\nURIs: ${mirror}\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/k.gpg\n`, { uri: mirror, signedBy: '/usr/share/keyrings/k.gpg' })
check('deb822 with several values and a key in the file', 'debian.sources', `Types: deb deb-src\nURIs: ${mirror} http://second.example/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n`, { uri: mirror, signedBy: undefined })
check('deb822 that is switched off', 'debian.sources', `Types: deb\nURIs: ${mirror}\nSuites: bookworm\nComponents: main\nEnabled: no\n`, undefined)
check('the second stanza', 'debian.sources', `Types: deb\nURIs: http://other.example/x\nSuites: nodistro\nComponents: main\n\nTypes: deb\nURIs: ${mirror}\nSuites: bookworm\nComponents: main\n`, { uri: mirror, signedBy: undefined })

for (const [version, expected] of [['v1.36.4', true], ['v1.30.0', true], ['v1.29.14', false], ['v1.32.4-dispatcher', true], ['v2.0.0', true], ['1.31', true], ['nonsense', false]] as const) {
  test(`kubectl ${version} is ${expected ? 'new enough' : 'too old'}`, () => { assert.equal(isNewEnough(version), expected) })
}

for (const [text, expected] of [['ID=debian\nVERSION_CODENAME=bookworm\n', 'bookworm'], ['VERSION_CODENAME="trixie"\n', 'trixie'], ['ID=alpine\n', undefined]] as const) {
  test(`the codename in ${JSON.stringify(text)} is ${expected}`, () => { assert.equal(debianCodename(text), expected) })
}
