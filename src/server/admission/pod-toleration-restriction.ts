// A namespace says which taints its pods tolerate by default and which they may tolerate at all (annotations); the configuration says it for the rest.
import { namespace as namespaceKind, qosClass, type Pod, type Toleration } from '#kinds'
import { ApiError, notFound } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { on, type AdmissionPlugin } from './admission.ts'
import { expectKind, type PluginConfiguration } from './configuration.ts'
import { covers, mergedTolerations } from './tolerations.ts'

const defaults = 'scheduler.alpha.kubernetes.io/defaultTolerations'
const allowed = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist'
const underPressure: Toleration = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }

export function podTolerationRestriction(configuration: PluginConfiguration | undefined): AdmissionPlugin {
  if (configuration) expectKind(configuration, 'PodTolerationRestriction', 'Configuration', ['podtolerationrestriction.admission.k8s.io/v1alpha1'])
  const { default: forAll = [], whitelist = [] } = (configuration?.value ?? {}) as { default?: readonly Toleration[]; whitelist?: readonly Toleration[] }
  return {
    name: 'PodTolerationRestriction',
    handles: on(['CREATE', 'UPDATE'], 'pods'),
    mutate({ operation, object, objects, namespace }) {
      const { spec } = object as Pod
      const extra = [...(operation === 'CREATE' ? annotated(objects, namespace, defaults) ?? forAll : []), ...(qosClass(spec) === 'BestEffort' ? [] : [underPressure])]
      if (extra.length > 0) spec.tolerations = mergedTolerations([...(spec.tolerations ?? []), ...extra])
    },
    validate({ object, objects, namespace }) {
      const tolerations = (object as Pod).spec.tolerations ?? []
      if (tolerations.length === 0) return
      const own = annotated(objects, namespace, allowed), list = own ?? whitelist
      if (list.length > 0 && !tolerations.every((t) => list.some((wider) => covers(wider, t))))
        throw new ApiError('', `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${own ? 'namespace' : 'cluster'} whitelist`)
    },
  }
}

function annotated(objects: ObjectReader, where: string, key: string): Toleration[] | undefined {
  const found = objects.get(namespaceKind, where)
  if (!found) throw notFound(namespaceKind, where)
  const text = found.metadata.annotations?.[key]
  if (text === undefined) return undefined
  return text === '' ? [] : JSON.parse(text) as Toleration[]
}
