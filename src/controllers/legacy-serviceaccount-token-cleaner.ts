import { indexOf, type Controller } from '#client'
import { configMap, pod, referencedSecrets, secret, serviceAccount, type Secret } from '#kinds'
import { formatTime, parseTime } from '#machinery'

const dayMs = 86_400_000, yearMs = 365 * dayMs
const type = 'kubernetes.io/service-account-token'
const lastUsed = 'kubernetes.io/legacy-token-last-used', invalidSince = 'kubernetes.io/legacy-token-invalid-since'
/** Where the API server notes since when it has kept track of uses. */
const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }
const podsBySecret = indexOf(pod, (p) => referencedSecrets(p.spec).map((name) => `${p.metadata.namespace}/${name}`))

const dayOf = (ms: number): string => formatTime(ms).slice(0, 10)
const isDay = (text: string | undefined): text is string => text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))

/** What is to be done with a token that was made by itself and lies unused. */
export type Verdict = 'keep' | 'invalidate' | 'delete'
export interface Use {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly createdAt: number
  readonly labels: Readonly<Record<string, string>> | undefined
  /** Uses are known from this day on ("2030-01-01"). */
  readonly trackedSince: string
  readonly keepMs: number
}

/** A token that nobody has used for `keepMs` is first made invalid, and removed after as long again (KEP-2799). */
export function verdict({ now, createdAt, labels = {}, trackedSince, keepMs }: Use): Verdict {
  const keepFrom = now - keepMs, keepDay = dayOf(keepFrom), used = labels[lastUsed], invalid = labels[invalidSince]
  if (!isDay(trackedSince) || now < Date.parse(trackedSince) + dayMs + keepMs || createdAt >= keepFrom) return 'keep'
  if (used !== undefined && (!isDay(used) || used >= keepDay)) return 'keep'
  if (!isDay(invalid)) return 'invalidate'
  return invalid >= keepDay ? 'keep' : 'delete'
}

/** Looks once a day at the tokens in Secrets that service accounts refer to: those were made by themselves before v1.24. */
export const legacyTokenCleaner = ({ keepMs = yearMs }: { readonly keepMs?: number | undefined } = {}): Controller<Secret> => ({
  name: 'legacy-serviceaccount-token-cleaner', identity: 'legacy-service-account-token-cleaner', for: secret, reads: [serviceAccount, pod, configMap],
  concerns: ({ object }) => object.type === type,
  async reconcile(object, cluster) {
    const { namespace = '', name, annotations, labels, deletionTimestamp, creationTimestamp } = object.metadata
    if (object.type !== type || deletionTimestamp) return
    const account = cluster.get(serviceAccount, { namespace, name: annotations?.['kubernetes.io/service-account.name'] ?? '' }), uid = annotations?.['kubernetes.io/service-account.uid']
    const isOwn = account && (!uid || uid === account.metadata.uid) && account.secrets?.some((one) => one.name === name)
    const since = cluster.get(configMap, tracking)?.data?.['since'], now = cluster.clock.now()
    if (!isOwn || since === undefined || cluster.by(podsBySecret, `${namespace}/${name}`).length > 0) return { againIn: dayMs }
    const what = verdict({ now, createdAt: parseTime(creationTimestamp ?? ''), labels, trackedSince: since, keepMs })
    if (what === 'invalidate') await cluster.patch(secret, object.metadata, 'merge', { metadata: { uid: object.metadata.uid, labels: { [invalidSince]: dayOf(now) } } })
    if (what === 'delete') { await cluster.delete(secret, object, { resourceVersion: object.metadata.resourceVersion }); return }
    return { againIn: dayMs }
  },
})
