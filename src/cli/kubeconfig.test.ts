import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from 'js-yaml'
import { addContext, findContext, parseKubeconfig, previousContext, removeContext, renderKubeconfig, selectContext } from './kubeconfig.ts'

const access = { server: 'https://127.0.0.1:6443', certificateAuthority: 'CA', certificate: 'CERT', key: 'KEY' }
const other = `# my clusters
apiVersion: v1
kind: Config
preferences: {}
clusters:
# the old one
- cluster:
    server: https://work.example:6443  # do not lose me
  name: work
contexts:
- context:
    cluster: work
    user: me
  name: work
users:
- name: me
  user:
    token: 0123456
current-context: work
`

const add = (text: string, name = 'proa') => selectContext(addContext(text, 'config', name, access, parseKubeconfig(text, 'config').currentContext), 'config', name)
const remove = (text: string, name = 'proa') => selectContext(removeContext(text, 'config', name), 'config', previousContext(parseKubeconfig(text, 'config'), name))

test('a context that is added is there and selected, and every line that was there is still there', () => {
  const text = add(other)
  const config = parseKubeconfig(text, 'config')
  assert.equal(config.currentContext, 'proa')
  assert.deepEqual(config.contexts.map(({ name }) => name), ['work', 'proa'])
  assert.equal(findContext(config, 'proa'), 'ours')
  for (const line of other.split('\n')) if (!line.startsWith('current-context')) assert.ok(text.split('\n').includes(line), `lost: ${line}`)
})

for (const [what, text] of Object.entries({
  'the usual shape': other,
  'indented lists': other.replace(/^(- |  )/gm, '  $1'),
  'an empty list': 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: ""\n',
  'lists that are null': 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\nusers: null\ncurrent-context: ""\n',
  'sections that are missing': 'apiVersion: v1\nkind: Config\n',
  'no line break at the end': other.trimEnd(),
  'JSON': JSON.stringify(load(other)),
})) {
  test(`adding and removing a context in a kubeconfig of ${what} leaves what it said before`, () => {
    const before = load(text) as Record<string, unknown>
    const after = load(remove(add(text))) as Record<string, unknown>
    const plain = (config: Record<string, unknown>) => ({ ...config, clusters: config['clusters'] ?? [], contexts: config['contexts'] ?? [], users: config['users'] ?? [], 'current-context': config['current-context'] ?? '' })
    assert.deepEqual(plain(after), plain(before))
  })
}

test('in the usual shape not one character is different after adding and removing', () => {
  assert.equal(remove(add(other)), other)
})

test('a context that is there already is replaced in its place, and others after it stay', () => {
  const text = addContext(add(add(other), 'lab'), 'config', 'proa', { ...access, server: 'https://127.0.0.1:7443' }, 'work')
  const config = parseKubeconfig(text, 'config')
  for (const section of [config.clusters, config.contexts]) assert.deepEqual(section.map(({ name }) => name), ['work', 'proa', 'lab'])
  assert.deepEqual(config.clusters.map(({ cluster }) => (cluster as { server: string }).server), ['https://work.example:6443', 'https://127.0.0.1:7443', 'https://127.0.0.1:6443'])
})

test('the context that was selected before is remembered and selected again', () => {
  const text = add(other)
  assert.equal(previousContext(parseKubeconfig(text, 'config'), 'proa'), 'work')
  assert.equal(parseKubeconfig(remove(text), 'config').currentContext, 'work')
})

test('adding the same context again changes nothing', () => {
  const once = add(other)
  assert.equal(selectContext(addContext(once, 'config', 'proa', access, 'work'), 'config', 'proa'), once)
})

test('names and values that look like something else in YAML are still what they were', () => {
  const odd = { apiVersion: 'v1', kind: 'Config', clusters: [{ name: 'yes', cluster: { server: '0x1F' } }], contexts: [{ name: '017', context: { cluster: 'yes', user: '1e3' } }], users: [{ name: '1e3', user: { token: 'null' } }], 'current-context': '017' }
  assert.deepEqual(load(remove(add(JSON.stringify(odd)))), odd)
})

test('a comment-only or empty file is an empty kubeconfig', () => {
  for (const text of ['', '\n', '# nothing yet\n', '---\n']) assert.equal(parseKubeconfig(add(text), 'config').currentContext, 'proa')
})

for (const [what, text] of Object.entries({
  'broken YAML': 'a: [\n', 'a list': '- a\n', 'a text': 'hello\n', 'another kind': 'kind: Pod\n', 'clusters that are no list': 'clusters: {}\n',
  'a cluster without a name': 'clusters: [{cluster: {}}]\n', 'a current-context that is no name': 'current-context: [a]\n', 'two keys of one name': 'kind: Config\nkind: Config\n',
})) {
  test(`${what} is refused by name of the file, in one line`, () => {
    assert.throws(() => add(text), (error) => error instanceof Error && /^config is not a kubeconfig \(.*left as it is/.test(error.message) && !error.message.includes('\n'))
  })
}

test('a kubeconfig of one context is complete in itself', () => {
  const config = parseKubeconfig(renderKubeconfig('lab', access), 'config')
  assert.equal(config.currentContext, 'lab')
  assert.deepEqual(config.users[0], { name: 'lab', user: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' } })
})

test('a context of that name that somebody else made is told apart', () => {
  assert.equal(findContext(parseKubeconfig(other, 'config'), 'work'), 'foreign')
  assert.equal(findContext(parseKubeconfig(other, 'config'), 'proa'), undefined)
})
