// Pods stay for a while on a node that is not ready or cannot be reached, unless they say otherwise.
import type { Pod } from '#kinds'
import type { AdmissionPlugin } from './admission.ts'

const notReady = 'node.kubernetes.io/not-ready', unreachable = 'node.kubernetes.io/unreachable'

/** The seconds are --default-not-ready-toleration-seconds and --default-unreachable-toleration-seconds. */
export const defaultTolerationSeconds = (seconds: { readonly notReady: number; readonly unreachable: number }): AdmissionPlugin => ({
  name: 'DefaultTolerationSeconds',
  handles: (operation, kind, subresource) => (operation === 'CREATE' || operation === 'UPDATE') && kind.group === '' && kind.resource === 'pods' && subresource === '',
  mutate({ object }) {
    const { spec } = object as Pod
    for (const [key, tolerationSeconds] of [[notReady, seconds.notReady], [unreachable, seconds.unreachable]] as const) {
      const tolerated = spec.tolerations?.some((t) => (t.key === key || !t.key) && (t.effect === 'NoExecute' || !t.effect))
      if (!tolerated) spec.tolerations = [...(spec.tolerations ?? []), { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }]
    }
  },
})
