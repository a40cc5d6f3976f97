// Events come in no faster than the configuration says: for the whole server, per namespace, per user, per source and object.
import type { Event } from '#kinds'
import { tooManyRequests, type Clock } from '#machinery'
import { LRUCache } from 'lru-cache'
import { on, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'
import { expectKind, type PluginConfiguration } from './configuration.ts'

const kindsOfLimit = {
  Server: () => '',
  Namespace: ({ namespace }: AdmissionAttributes) => namespace,
  User: ({ user }: AdmissionAttributes) => user.name,
  SourceAndObject: ({ object }: AdmissionAttributes) => {
    const { source, involvedObject: about } = object as Event
    return [source?.component, source?.host, about?.kind, about?.namespace, about?.name, about?.uid, about?.apiVersion].map((part) => part ?? '').join('')
  },
} as const
interface Limit { readonly type: keyof typeof kindsOfLimit; readonly qps: number; readonly burst: number; readonly cacheSize?: number }
/** Keys whose pace is remembered, when the configuration does not say. */
const defaultCacheSize = 4096

export function eventRateLimit(clock: Clock, configuration: PluginConfiguration | undefined): AdmissionPlugin {
  if (!configuration) throw new Error('EventRateLimit needs a configuration: give one in --admission-control-config-file')
  expectKind(configuration, 'EventRateLimit', 'Configuration', ['eventratelimit.admission.k8s.io/v1alpha1'])
  const limits = (configuration.value['limits'] ?? []) as readonly Limit[]
  if (limits.length === 0) throw new Error(`${configuration.file}: limits: Invalid value: no limits specified`)
  for (const { type, qps, burst } of limits)
    if (!(type in kindsOfLimit) || !(qps > 0) || !(burst > 0)) throw new Error(`${configuration.file}: a limit needs a type of ${Object.keys(kindsOfLimit).join(', ')} and positive qps and burst`)
  const takes = limits.map((limit) => taker(limit, clock))
  return {
    name: 'EventRateLimit',
    handles: on(['CREATE', 'UPDATE'], 'events'),
    validate(attributes) {
      if (attributes.dryRun || attributes.served.group !== '') return // those of events.k8s.io are another kind there
      // Every limit counts the event, also one that another refuses.
      const reached = takes.map((take) => take(attributes)).filter((refused) => refused !== undefined)
      if (reached.length > 0) throw tooManyRequests(`Too many requests: ${reached.at(-1)}`, 0)
    },
  }
}

interface Bucket { tokens: number; at: number }
/** A token bucket for each key; the text of the refusal when it is empty. */
function taker({ type, qps, burst, cacheSize = defaultCacheSize }: Limit, clock: Clock): (attributes: AdmissionAttributes) => string | undefined {
  const buckets = new LRUCache<string, Bucket>({ max: cacheSize })
  return (attributes) => {
    const key = kindsOfLimit[type](attributes), now = clock.now()
    const bucket = buckets.get(key) ?? { tokens: burst, at: now }
    buckets.set(key, bucket)
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / 1000 * qps)
    bucket.at = now
    if (bucket.tokens < 1) return `limit reached on type ${type} for key ${key}`
    bucket.tokens--
    return undefined
  }
}
