// A pod's runtime class brings its overhead and where it may run (node.k8s.io/v1).
import { runtimeClass, type Pod } from '#kinds'
import { forbidden, same } from '#machinery'
import type { AdmissionPlugin } from './admission.ts'

export const runtimeClassPlugin: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: (operation, kind, subresource) => operation === 'CREATE' && kind.group === '' && kind.resource === 'pods' && subresource === '',
  mutate({ object, kind, name, objects }) {
    const { spec } = object as Pod
    if (!spec.runtimeClassName) {
      if (spec.overhead) throw forbidden(kind, name, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
      return
    }
    const found = objects.get(runtimeClass, spec.runtimeClassName)
    if (!found) throw forbidden(kind, name, `pod rejected: RuntimeClass "${spec.runtimeClassName}" not found`)
    const overhead = found.overhead?.podFixed
    if (spec.overhead && !same(spec.overhead, overhead ?? {})) throw forbidden(kind, name, overhead ? "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead" : 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    if (overhead) spec.overhead = { ...overhead }
    for (const [key, value] of Object.entries(found.scheduling?.nodeSelector ?? {})) {
      const own = spec.nodeSelector?.[key]
      if (own !== undefined && own !== value) throw forbidden(kind, name, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`)
      spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
    }
    for (const toleration of found.scheduling?.tolerations ?? [])
      if (!spec.tolerations?.some((t) => same(t, toleration))) spec.tolerations = [...(spec.tolerations ?? []), { ...toleration }]
  },
}
