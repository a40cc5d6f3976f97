// Whether a pod's images may run is asked of somebody else (ImageReview, imagepolicy.k8s.io/v1alpha1); answers are remembered.
import type { Pod } from '#kinds'
import { pause, type Clock } from '#machinery'
import { LRUCache } from 'lru-cache'
import { beside, kubeconfigTarget, type ReadFile } from '../kubeconfig-target.ts'
import type { Outbound } from '../outbound.ts'
import { on, refusal, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'
import type { PluginConfiguration } from './configuration.ts'

interface Review { readonly status?: { readonly allowed?: boolean; readonly reason?: string; readonly auditAnnotations?: Readonly<Record<string, string>> } }
type Verdict = NonNullable<Review['status']>

const remembered = 1024
const attempts = 5
const timeoutMs = 30_000
/** Seconds and milliseconds as the configuration writes them: a default, the least, the most. 0 is the default, a negative number is none. */
const ttlSeconds = [300, 1, 1800] as const
const backoffMs = [500, 1, 300_000] as const

export interface ImagePolicyParts { readonly clock: Clock; readonly outbound: Outbound; readonly read: ReadFile; readonly configuration: PluginConfiguration | undefined }

export function imagePolicyWebhook({ clock, outbound, read, configuration }: ImagePolicyParts): AdmissionPlugin {
  if (!configuration) throw new Error('ImagePolicyWebhook needs a configuration: give one in --admission-control-config-file')
  const { kubeConfigFile = '', allowTTL = 0, denyTTL = 0, retryBackoff = 0, defaultAllow = false } = (configuration.value['imagePolicy'] ?? {}) as { kubeConfigFile?: string; allowTTL?: number; denyTTL?: number; retryBackoff?: number; defaultAllow?: boolean }
  const target = kubeconfigTarget(beside(configuration.file, kubeConfigFile), read)
  const lasting = { allow: within('allowTTL', allowTTL, ttlSeconds) * 1000, deny: within('denyTTL', denyTTL, ttlSeconds) * 1000 }
  const waitMs = within('retryBackoff', retryBackoff, backoffMs)
  const known = new LRUCache<string, { readonly verdict: Verdict; readonly until: number }>({ max: remembered })

  const ask = async (body: string): Promise<Verdict> => {
    for (let attempt = 1, wait = waitMs; ; attempt++, wait *= 1.5) {
      try {
        const answer = await outbound({ ...target, method: 'POST', headers: { ...target.headers, 'content-type': 'application/json', accept: 'application/json' }, body: new TextEncoder().encode(body), timeoutMs })
        if (answer.status >= 200 && answer.status < 300) return (JSON.parse(new TextDecoder().decode(answer.body)) as Review).status ?? {}
        throw new Error(`Error contacting webhook: ${answer.status}`)
      } catch (error) {
        if (attempt === attempts) throw error
        await pause(clock, wait)
      }
    }
  }

  return {
    name: 'ImagePolicyWebhook',
    handles: on(['CREATE', 'UPDATE'], 'pods', ['', 'ephemeralcontainers']),
    async validate(attributes) {
      const spec = reviewed(attributes)
      if (!spec) return
      const key = JSON.stringify(spec), seen = known.get(key)
      let verdict = seen && seen.until > clock.now() ? seen.verdict : undefined
      if (!verdict) {
        try {
          verdict = await ask(JSON.stringify({ kind: 'ImageReview', apiVersion: 'imagepolicy.k8s.io/v1alpha1', metadata: {}, spec, status: { allowed: false } }))
        } catch (error) {
          if (!defaultAllow) throw refusal(attributes, (error as Error).message)
          attributes.annotate('imagepolicywebhook.image-policy.k8s.io/failed-open', 'true')
          const pod = attributes.object as Pod // the mark is put on so late because the question is asked so late
          pod.metadata.annotations = { ...pod.metadata.annotations, 'alpha.image-policy.k8s.io/failed-open': 'true' }
          return
        }
        known.set(key, { verdict, until: clock.now() + (verdict.allowed ? lasting.allow : lasting.deny) })
      }
      for (const [name, value] of Object.entries(verdict.auditAnnotations ?? {})) attributes.annotate(`imagepolicywebhook.image-policy.k8s.io/${name}`, value)
      if (!verdict.allowed) throw refusal(attributes, verdict.reason ? `image policy webhook backend denied one or more images: ${verdict.reason}` : 'one or more images rejected by webhook backend')
    },
  }
}

/** What the webhook is asked; undefined when nothing new would run. */
function reviewed({ subresource, operation, object, old, namespace }: AdmissionAttributes) {
  const { metadata: { annotations = {} }, spec } = object as Pod
  const before = new Set(operation === 'UPDATE' && subresource === '' ? imagesOf((old as Pod).spec) : [])
  if (operation === 'UPDATE' && subresource === '' && imagesOf(spec).every((image) => before.has(image))) return undefined
  const containers = subresource === 'ephemeralcontainers' ? spec.ephemeralContainers ?? [] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  const kept = Object.entries(annotations).filter(([key]) => key.includes('.image-policy.k8s.io/'))
  return { containers: containers.map(({ image }) => ({ image })), ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }), namespace }
}
const imagesOf = (spec: Pod['spec']): (string | undefined)[] => [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ image }) => image)

function within(name: string, given: number, [otherwise, least, most]: readonly [number, number, number]): number {
  if (given === 0) return otherwise
  if (given < 0) return 0
  if (given < least || given > most) throw new Error(`invalid value for ${name}: valid range is between ${least} and ${most}, found ${given}`)
  return given
}
