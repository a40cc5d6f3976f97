// A namespace says on which nodes its pods may run (annotation), or the administrator does, per namespace and for the rest.
import { namespace as namespaceKind, type Pod } from '#kinds'
import { notFound } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { on, refusal, type AdmissionPlugin } from './admission.ts'
import type { PluginConfiguration } from './configuration.ts'

type Labels = Readonly<Record<string, string>>
const annotation = 'scheduler.alpha.kubernetes.io/node-selector'
const forTheRest = 'clusterDefaultNodeSelector'

/** The configuration's `podNodeSelectorPluginConfig` holds a selector ("a=b,c=d") by namespace: the only labels that its pods may select. */
export function podNodeSelector(configuration: PluginConfiguration | undefined): AdmissionPlugin {
  const given = (configuration?.value['podNodeSelectorPluginConfig'] ?? {}) as Labels
  const selectors = new Map(Object.entries(given).map(([name, text]) => [name, labelsOf(text)]))
  const of = (objects: ObjectReader, where: string): Labels => {
    const found = objects.get(namespaceKind, where)
    if (!found) throw notFound(namespaceKind, where)
    const own = found.metadata.annotations?.[annotation]
    return own === undefined ? selectors.get(forTheRest) ?? {} : labelsOf(own)
  }
  return {
    name: 'PodNodeSelector',
    handles: on(['CREATE'], 'pods'),
    mutate(attributes) {
      const { spec } = attributes.object as Pod, wanted = of(attributes.objects, attributes.namespace), asked = (spec.nodeSelector ?? {}) as Labels
      if (Object.entries(wanted).some(([key, value]) => asked[key] !== undefined && asked[key] !== value)) throw refusal(attributes, 'pod node label selector conflicts with its namespace node label selector')
      const merged = { ...asked, ...wanted }
      if (Object.keys(merged).length > 0) spec.nodeSelector = merged
    },
    validate(attributes) {
      const { spec } = attributes.object as Pod, wanted = of(attributes.objects, attributes.namespace), asked = (spec.nodeSelector ?? {}) as Labels
      if (Object.entries(wanted).some(([key, value]) => asked[key] !== value)) throw refusal(attributes, 'pod node label selector conflicts with its namespace node label selector')
      const allowed = selectors.get(attributes.namespace) ?? {}
      if (Object.keys(allowed).length > 0 && Object.entries(asked).some(([key, value]) => allowed[key] !== value)) throw refusal(attributes, 'pod node label selector labels conflict with its namespace whitelist')
    },
  }
}

/** "a=b,c=d" as labels; what is no pair throws an Error, which the client sees. */
function labelsOf(text: string): Labels {
  if (text === '') return {}
  return Object.fromEntries(text.split(',').map((pair) => {
    const [key = '', value, more] = pair.split('=').map((part) => part.trim())
    if (value === undefined || more !== undefined) throw new Error(`invalid selector: [${pair}]`)
    return [key, value]
  }))
}
