// NodeDeclaredFeatureValidator: a change of a pod that its node must know how to make is refused where the node does not say that it does (KEP-5328).
import { node as nodeKind, type Pod } from '#kinds'
import { compareQuantities, quote, same } from '#machinery'
import { on, refusal, type AdmissionPlugin } from './admission.ts'

/** What a node must declare for a change, by name. */
const features: readonly (readonly [name: string, isNeeded: (old: Pod, pod: Pod) => boolean])[] = [
  ['GuaranteedQoSPodCPUResize', (old, pod) => old.status.qosClass === 'Guaranteed' && old.spec.containers.some((container, i) =>
    compareQuantities(container.resources?.requests?.['cpu'] ?? '0', pod.spec.containers[i]?.resources?.requests?.['cpu'] ?? '0') !== 0)],
  ['InPlacePodLevelResourcesVerticalScaling', (old, pod) => !same(old.spec.resources ?? null, pod.spec.resources ?? null)],
  ['InPlacePodVerticalScalingInitContainers', (old, pod) => (old.spec.initContainers ?? []).some((container, i) =>
    container.restartPolicy !== 'Always' && !same(container.resources ?? {}, pod.spec.initContainers?.[i]?.resources ?? {}))],
]

export const nodeDeclaredFeatureValidator: AdmissionPlugin = {
  name: 'NodeDeclaredFeatureValidator',
  handles: on(['UPDATE'], 'pods', ['', 'resize']),
  validate(attributes) {
    const pod = attributes.object as Pod, old = attributes.old as Pod, name = pod.spec.nodeName
    if (!name || pod.metadata.generation === old.metadata.generation) return
    const needed = features.filter(([, isNeeded]) => isNeeded(old, pod)).map(([feature]) => feature)
    if (needed.length === 0) return
    const node = attributes.objects.get(nodeKind, name)
    if (!node) throw refusal(attributes, `node ${quote(name)} not found`)
    const missing = needed.filter((feature) => !node.status?.declaredFeatures?.includes(feature))
    if (missing.length > 0) throw refusal(attributes, `pod update requires features ${missing.join(', ')} which are not available on node ${quote(name)}`)
  },
}
