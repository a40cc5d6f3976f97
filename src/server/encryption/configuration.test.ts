import assert from 'node:assert/strict'
import { test } from 'node:test'
import { providersFor, readEncryption } from './configuration.ts'

const key32 = Buffer.alloc(32, 1).toString('base64'), aes = { aescbc: { keys: [{ name: 'k', secret: key32 }] } }, identity = { identity: {} }
const kms = (more: object = {}) => ({ kms: { apiVersion: 'v2', name: 'n', endpoint: 'unix:///run/kms.sock', ...more } })
const read = (resources: object[] | undefined, around = { kmsV1: false, reload: false }) =>
  readEncryption(JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', ...(resources && { resources }) }), around)
const rule = (resources: string[], ...providers: object[]) => ({ resources, providers: providers.length > 0 ? providers : [aes] })
const at = 'resources[0].providers[0]'

for (const [what, resources, message] of [
  ['nothing', undefined, 'resources: Required value: at least one resources is required'],
  ['no resources and no providers', [{}],
    '[resources[0].resources: Required value: at least one resources[0].resources is required, resources[0].providers: Required value: at least one resources[0].providers is required]'],
  ['a capital', [rule(['Secrets'])], 'resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital letters'],
  ['a star', [rule(['*'])], 'resources[0].resources[0]: Invalid value: "*": use \'*.\' to encrypt all the resources from core API group or *.* to encrypt all resources'],
  ['what is no resource', [rule(['serviceipallocations'])],
    'resources[0].resources[0]: Invalid value: "serviceipallocations": resources which do not have REST API/s cannot be encrypted'],
  ['events of the newer group', [rule(['events.events.k8s.io'])],
    'resources[0].resources[0]: Invalid value: "events.events.k8s.io": \'*.events.k8s.io\' objects are stored using the \'events\' API group in etcd. Use \'events\' instead in the config file'],
  ['a group that is gone', [rule(['ingresses.extensions'])],
    'resources[0].resources[0]: Invalid value: "ingresses.extensions": \'extensions\' group has been removed and cannot be used for encryption'],
  ['a resource of all groups', [rule(['pods.*'])], 'resources[0].resources[0]: Invalid value: "pods.*": encrypting the same resource across groups is not supported'],
  ['the same twice', [rule(['secrets', 'secrets'])], 'resources[0].resources: Invalid value: ["secrets","secrets"]: the same resource cannot be specified multiple times'],
  ['what covers another', [rule(['secrets', '*.'])],
    'resources[0].resources: Invalid value: ["secrets","*."]: using overlapping resources such as \'secrets\' and \'*.\' in the same resource list is not allowed as they will be masked'],
  ['everything and more', [rule(['*.*', 'deployments.apps'])],
    'resources[0].resources: Invalid value: ["*.*","deployments.apps"]: using overlapping resources such as \'secrets\' and \'*.\' in the same resource list is not allowed as they will be masked'],
  ['a rule masked by its group', [rule(['*.apps']), rule(['deployments.apps'])], 'resource "deployments.apps" is masked by earlier rule "*.apps"'],
    ['a rule masked by everything', [rule(['*.*']), rule(['secrets'])], 'resource "secrets" is masked by earlier rule "*.*"'],
  ['no provider in a provider', [rule(['secrets'], {})],
    `${at}: Invalid value: {}: provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity`],
  ['two in one', [rule(['secrets'], { ...aes, ...identity })], /more than one provider specified in a single element, should split into different list elements$/],
  ['no keys', [rule(['secrets'], { aesgcm: {} })], `${at}.aesgcm.keys: Required value: at least one keys is required`],
  ['empty keys', [rule(['secrets'], { secretbox: { keys: [{}] } })],
    `[${at}.secretbox.keys[0].name: Required value: name is a mandatory field for a key, ${at}.secretbox.keys[0].secret: Required value: secret is a mandatory field for a key]`],
  ['a secret that is no base64', [rule(['secrets'], { aescbc: { keys: [{ name: 'k', secret: '#' }] } })],
    `${at}.aescbc.keys[0].secret: Invalid value: "REDACTED": secrets must be base64 encoded`],
  ['a short secret', [rule(['secrets'], { secretbox: { keys: [{ name: 'k', secret: 'YWJj' }] } })],
    `${at}.secretbox.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [32]`],
  ['a key service without a name', [rule(['secrets'], kms({ name: '' }))], `${at}.kms.name: Required value: name is a mandatory field for a provider`],
    ['a colon in its name', [rule(['secrets'], kms({ name: 'a:b' }))], `${at}.kms.name: Invalid value: "a:b": invalid KMS provider name a:b, must not contain ':'`],
  ['two of one name', [rule(['secrets'], kms(), kms())], 'resources[0].providers[1].kms.name: Invalid value: "n": duplicate KMS provider name n, names must be unique'],
  ['a key service elsewhere', [rule(['secrets'], kms({ endpoint: 'https://x' }))],
    `${at}.kms.endpoint: Invalid value: "https://x": unsupported scheme "https" for KMS provider, only unix is supported`],
  ['a key service nowhere', [rule(['secrets'], kms({ endpoint: '' }))], `${at}.kms.endpoint: Invalid value: "": endpoint is a mandatory field for a kms`],
    ['no time', [rule(['secrets'], kms({ timeout: '0s' }))], `${at}.kms.timeout: Invalid value: "0s": timeout should be a positive value`],
  ['a cache in v2', [rule(['secrets'], kms({ cachesize: 10 }))], `${at}.kms.cachesize: Invalid value: 10: cachesize is not supported in v2`],
    ['a version that nobody speaks', [rule(['secrets'], kms({ apiVersion: 'v3' }))],
    `${at}.kms.apiVersion: Invalid value: "v3": unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported`],
  ['the first version without its gate', [rule(['secrets'], kms({ apiVersion: 'v1' }))], /^KMSv1 is deprecated .* Set --feature-gates=KMSv1=true/],
] as const) test(`encryption is not configured with ${what}`, () => {
  assert.throws(() => read(resources as object[] | undefined),
    (error: Error) => { if (typeof message === 'string') assert.equal(error.message, message); else assert.match(error.message, message); return true })
})

test('a plan holds what was asked for, for each resource in order', () => {
  const plans = read([rule(['secrets', 'widgets.example.com'], aes, kms({ timeout: '1.5s' }), identity), rule(['*.apps']),
    rule(['secrets'], { secretbox: { keys: [{ name: 's', secret: key32 }] } }), rule(['*.*'], identity)])
  assert.deepEqual(plans.map((p) => [p.resource, p.group, p.providers.map((x) => x.type)]),
    [['secrets', '', ['aescbc', 'kms', 'identity', 'secretbox']], ['widgets', 'example.com', ['aescbc', 'kms', 'identity']], ['*', 'apps', ['aescbc']], ['*', '*', ['identity']]])
  assert.deepEqual(plans[0]!.providers[1], { type: 'kms', version: 'v2', name: 'n', socket: '/run/kms.sock', timeoutMs: 1500 })
  const found = (group: string, resource: string) => { const p = providersFor(plans, group, resource); return p && `${p.resource}.${p.group}` }
  assert.deepEqual([found('', 'secrets'), found('apps', 'deployments'), found('', 'pods')], ['secrets.', '*.apps', '*.*'])
  assert.equal(read([rule(['secrets'], kms({ apiVersion: 'v1' }))], { kmsV1: true, reload: false })[0]!.providers[0]!.type, 'kms')
})
