// How fast expressions are: compiled once, evaluated many times, as rules of custom resources and admission policies are.
import { compile, type CelType } from '#cel'
import { print } from './index.ts'

const self: CelType = { type: 'object', name: 'Self', fields: {
  replicas: { of: { type: 'int' } }, min: { of: { type: 'int' } }, max: { of: { type: 'int' } }, name: { of: { type: 'string', mostLength: 63 } },
  tags: { of: { type: 'list', items: { type: 'string', mostLength: 63 }, mostItems: 16 } }, labels: { of: { type: 'map', keys: { type: 'string' }, values: { type: 'string' } } },
} }
const value = { replicas: 3, min: 1, max: 5, name: 'web-front', tags: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], labels: { app: 'web', tier: 'front' } }
const object = { metadata: { name: 'web', labels: { app: 'web' } }, spec: { replicas: 3, containers: [{ name: 'a', image: 'registry.example/a:1' }, { name: 'b', image: 'registry.example/b:1' }] } }

const rules: readonly (readonly [string, string, string])[] = [
  ['one comparison', 'self.replicas <= 5', '>= 500,000/s'],
  ['two fields, one may be absent', '!has(self.max) || self.min <= self.max', '>= 500,000/s'],
  ['a pattern', "self.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')", ''],
  ['a list of 8', 'self.tags.all(t, t.size() <= 63 && t in self.tags)', ''],
  ['objects without types, as in policies', "object.spec.containers.all(c, c.image.startsWith('registry.example/')) && object.metadata.labels.app == object.metadata.name", ''],
]

export async function runCel(): Promise<void> {
  console.log('\nexpressions')
  const environment = { variables: { self, object: { type: 'dyn' } } } as const
  const begun = performance.now(), times = 2_000
  for (let i = 0; i < times; i++) compile(`self.tags.all(t, t.size() <= ${i} && t in self.tags)`, environment)
  print('compiling a rule with a loop', `${Math.round(times / (performance.now() - begun) * 1000).toLocaleString('en')}/s`)
  for (const [what, source, goal] of rules) {
    const compiled = compile(source, environment)
    if (!compiled.ok) throw new Error(compiled.text)
    const run = (count: number) => { for (let i = 0; i < count; i++) compiled.program.evaluate({ self: value, object }, { perCall: 1_000_000, left: 10_000_000 }) }
    run(20_000)
    const start = performance.now(), count = 200_000
    run(count)
    print(`evaluating ${what}`, `${Math.round(count / (performance.now() - start) * 1000).toLocaleString('en')}/s`, goal)
  }
  await Promise.resolve()
}
