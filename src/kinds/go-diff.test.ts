import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, s } from '#machinery'
import { goDiff, goForm, goForms } from './go-diff.ts'
import { persistentVolumeSourceForm } from './go-forms.ts'

const forms = goForms('Spec: Name=s Count=n On=b Inner={Part} Maybe=*Part Parts=[]Part Labels DNSPolicy HostIP/hostIP=s; Part: Key=s Values; Whole: More=+Part Last=s')

test('a value is shown with every field, in order, empty ones spelled out', () => {
  assert.equal(JSON.stringify(goForm(forms.Spec!, { name: 'a', parts: [{ key: 'k', values: [1] }], dnsPolicy: 'Default' })),
    '{"Name":"a","Count":0,"On":false,"Inner":{"Key":"","Values":null},"Maybe":null,"Parts":[{"Key":"k","Values":[1]}],"Labels":null,"DNSPolicy":"Default","HostIP":""}')
})
test('embedded structures lay their fields among the others', () => {
  assert.deepEqual(goForm(forms.Whole!, { key: 'k', last: 'z' }), { Key: 'k', Values: null, Last: 'z' })
})
test('maps are shown by key, structures in their own order', () => {
  assert.equal(goDiff(forms.Spec!, { labels: { b: '1', a: '1' } }, { labels: { b: '2', a: '1' } }), [
    '@@ -10,7 +10,7 @@', '  "Parts": null,', '  "Labels": {', '   "a": "1",', '-  "b": "1"', '+  "b": "2"', '  },', '  "DNSPolicy": null,', '  "HostIP": ""', '',
  ].join('\n'))
})
test('a change of the source of a volume reads as the reference writes it', () => {
  assert.equal(goDiff(persistentVolumeSourceForm, { hostPath: { path: '/x', type: '' } }, { hostPath: { path: '/other', type: '' } }), [
    '@@ -2,7 +2,7 @@', '  "GCEPersistentDisk": null,', '  "AWSElasticBlockStore": null,', '  "HostPath": {', '-  "Path": "/x",', '+  "Path": "/other",', '   "Type": ""', '  },', '  "Glusterfs": null,', '',
  ].join('\n'))
})

test('a list that was given empty is not an absent one', () => {
  const forms = goForms('Item: Name=s; Spec: Items=[]Item'), schema = s.object('', { items: s.list(s.object('', { name: s.string() })) })
  assert.deepEqual(goForm(forms.Spec!, decode(schema, { items: [] })), { Items: [] })
  assert.deepEqual(goForm(forms.Spec!, decode(schema, {})), { Items: null })
})
