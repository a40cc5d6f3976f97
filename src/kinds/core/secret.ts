import { defineKind, s, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { whyNoPair } from '../certificates/key-pair.ts'
import { validateSecret, validateSecretChange } from './validate-data.ts'

/** Text to base64 of its UTF-8. */
function toBase64(text: string): string {
  let bytes = ''
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte)
  return btoa(bytes)
}

export const secret = defineKind({
  group: '', version: 'v1', kind: 'Secret', plural: 'secrets',
  scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.Secret',
  onUpdate: ['kept', 'change', 'meta', 'rules'],
  columns: [cells.name, { name: 'Type', value: (o) => o.type ?? '' }, { name: 'Data', value: (o) => Object.keys(o.data ?? {}).length }, cells.age],
  selectable: { type: (o) => o.type ?? '' },
  fields: {
    data: s.map(s.bytes()),
    immutable: s.bool({ keepEmpty: true }),
    stringData: s.map(s.string()),
    type: s.string(),
  },
  defaults: (o) => {
    o.type ||= 'Opaque'
    // stringData is a way to write only: it ends up in data.
    if (o.stringData) {
      o.data = { ...o.data, ...Object.fromEntries(Object.entries(o.stringData).map(([key, text]) => [key, toBase64(text)])) }
      delete o.stringData
    }
  },
  validate: validateSecret,
  validateChange: validateSecretChange,
  warnings: ({ type, data }) => {
    const why = type === 'kubernetes.io/tls' ? whyNoPair(data?.['tls.crt'] ?? '', data?.['tls.key'] ?? '') : undefined
    return why === undefined ? [] : [why]
  },
})
export type Secret = ObjectOf<typeof secret>
