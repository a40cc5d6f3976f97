// A pod's runtime class brings its overhead and where it may run (node.k8s.io/v1).
import { runtimeClass, type Pod, type RuntimeClass } from '#kinds'
import { quote, same } from '#machinery'
import { on, refusal, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'
import { mergedTolerations } from './tolerations.ts'

export const runtimeClassPlugin: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: on(['CREATE'], 'pods'),
  mutate(attributes) {
    const { spec } = attributes.object as Pod, found = classOf(attributes), overhead = found?.overhead?.podFixed
    if (!found) return
    if (overhead) {
      if (Object.keys(spec.overhead ?? {}).length > 0 && !same(spec.overhead, overhead)) throw refusal(attributes, otherOverhead)
      spec.overhead = { ...overhead }
    }
    for (const [key, value] of Object.entries(found.scheduling?.nodeSelector ?? {})) {
      const own = spec.nodeSelector?.[key]
      if (own !== undefined && own !== value) throw refusal(attributes, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`)
      spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
    }
    if (found.scheduling?.tolerations?.length) spec.tolerations = mergedTolerations([...(spec.tolerations ?? []), ...found.scheduling.tolerations])
  },
  validate(attributes) {
    const { overhead } = (attributes.object as Pod).spec, wanted = classOf(attributes)?.overhead?.podFixed
    if (wanted && !same(overhead ?? null, wanted)) throw refusal(attributes, otherOverhead)
    if (!wanted && Object.keys(overhead ?? {}).length > 0) throw refusal(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
  },
}
const otherOverhead = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

function classOf(attributes: AdmissionAttributes): RuntimeClass | undefined {
  const name = (attributes.object as Pod).spec.runtimeClassName
  if (name === undefined) return undefined
  const found = attributes.objects.get(runtimeClass, name)
  if (!found) throw refusal(attributes, `pod rejected: RuntimeClass ${quote(name)} not found`)
  return found
}
