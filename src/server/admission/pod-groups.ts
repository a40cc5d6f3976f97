// Groups of pods: they stay while their pods run, and what they are made from exists.
import { quote } from '#machinery'
import type { PodGroup, Workload } from '#kinds'
import { on, refusal, type AdmissionPlugin } from './admission.ts'

const groups = 'podgroups.scheduling.k8s.io', finalizer = 'scheduling.k8s.io/podgroup-protection'

/** The controller of the same name takes it off again. */
export const podGroupProtection: AdmissionPlugin = {
  name: 'PodGroupProtection',
  handles: on(['CREATE'], groups),
  mutate({ object }) {
    const { metadata } = object!
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
}

export const podGroupWorkloadExists: AdmissionPlugin = {
  name: 'PodGroupWorkloadExists',
  handles: on(['CREATE'], groups),
  validate(attributes) {
    const reference = (attributes.object as PodGroup).spec.podGroupTemplateRef?.workload
    if (!reference) return
    const { workloadName: name, podGroupTemplateName: template } = reference, refuse = (why: string) => refusal(attributes, `PodGroup rejected: ${why}`)
    const kind = attributes.registry.kinds.find(({ group, resource }) => group === 'scheduling.k8s.io' && resource === 'workloads')
    const workload = kind && attributes.objects.get(kind, name, attributes.namespace) as Workload | undefined
    if (!workload) throw refuse(`Workload ${quote(name)} not found`)
    if (workload.metadata.deletionTimestamp) throw refuse(`Workload ${quote(name)} is being deleted`)
    if (!workload.spec.podGroupTemplates.some((one) => one.name === template)) throw refuse(`PodGroupTemplate ${quote(template)} not found in Workload ${quote(name)}`)
  },
}
