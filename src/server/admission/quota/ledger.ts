// The charges of one namespace at a time, several writes in one go: what is used goes into the quotas' status by compare-and-swap
// before the objects are stored, so that no quota is exceeded however many come at once.
import { resourceQuota, sameAmounts, type ResourceList, type ResourceQuota } from '#kinds'
import { ApiError, is, type ApiHandler, type Status } from '#machinery'
import type { ObjectReader } from '../../object-reader.ts'
import { systemUser } from '../../system-user.ts'
import { charge, type Charge } from './charge.ts'

interface Waiting { readonly asked: Charge; readonly done: () => void; readonly failed: (error: unknown) => void }
/** A quota that others change all the time is tried so often before the client is told. */
const attempts = 10

export class QuotaLedger {
  readonly #api: ApiHandler
  /** Writes that wait, by namespace; an entry is there as long as somebody works on it. */
  readonly #waiting = new Map<string, Waiting[]>()
  constructor(api: ApiHandler) { this.#api = api }

  /** Resolves when the write is charged; rejects with the refusal. */
  charge(asked: Charge): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { namespace } = asked.attributes, entry: Waiting = { asked, done: resolve, failed: reject }
    const queue = this.#waiting.get(namespace)
    if (queue) queue.push(entry)
    else {
      this.#waiting.set(namespace, [entry])
      void this.#work(namespace)
    }
    return promise
  }

  async #work(namespace: string): Promise<void> {
    for (let batch = this.#waiting.get(namespace)!; batch.length > 0; batch = this.#waiting.get(namespace)!) {
      this.#waiting.set(namespace, [])
      try { await this.#settle(namespace, batch) } catch (error) { for (const { failed } of batch) failed(error) }
    }
    this.#waiting.delete(namespace)
  }

  async #settle(namespace: string, batch: readonly Waiting[]): Promise<void> {
    let open = batch, quotas = this.#quotas(namespace, batch)
    for (let attempt = 1; ; attempt++) {
      const running = new Map(quotas.map((quota) => [quota.metadata.name, quota]))
      open = open.filter((waiting) => isCharged(running, waiting))
      const lost = await this.#write(quotas, running)
      if (lost.size === 0) break
      if (attempt === attempts) { const [error] = lost.values(); for (const { failed } of open) failed(error); return }
      // The others have been charged already.
      quotas = this.#quotas(namespace, batch).filter(({ metadata }) => lost.has(metadata.name))
    }
    for (const { done } of open) done()
  }
  #quotas(namespace: string, [first]: readonly Waiting[]): readonly ResourceQuota[] { return (first!.asked.attributes.objects as ObjectReader).list(resourceQuota, namespace) }

  /** Writes what has changed; the errors of those that somebody else changed meanwhile. */
  async #write(before: readonly ResourceQuota[], running: ReadonlyMap<string, ResourceQuota>): Promise<Map<string, ApiError>> {
    const lost = new Map<string, ApiError>()
    await Promise.all(before.map(async (quota) => {
      const next = running.get(quota.metadata.name)!
      if (next === quota) return
      const { metadata: { name, namespace } } = quota
      const answer = await this.#api({ method: 'PUT', path: `/api/v1/namespaces/${namespace}/resourcequotas/${name}/status`, query: 'fieldManager=kube-apiserver', headers: {}, body: { object: next }, user: systemUser, direct: true })
      if (answer.status < 400) return
      const error = ApiError.from((answer.body.type === 'value' ? answer.body.value : { message: `the quota ${name} could not be charged`, code: answer.status }) as Status)
      if (is(error, 'NotFound')) return // it is gone, and limits nothing any more
      if (!is(error, 'Conflict')) throw error
      lost.set(name, error)
    }))
    return lost
  }
}

/** Charges the running quotas; false when the write is answered already: refused, or nothing to be written for it. */
function isCharged(running: Map<string, ResourceQuota>, { asked, done, failed }: Waiting): boolean {
  let next: Map<string, ResourceList>
  try { next = charge([...running.values()], asked) } catch (error) { failed(error); return false }
  const changed = [...next].filter(([name, used]) => !sameAmounts(used, running.get(name)!.status.used ?? {}))
  if (asked.attributes.dryRun || changed.length === 0) { done(); return false }
  for (const [name, used] of changed) { const quota = running.get(name)!; running.set(name, { ...quota, status: { ...quota.status, used } }) }
  return true
}
