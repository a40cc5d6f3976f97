// Trust bundles that pods of this machine are given: all are watched from the first pod on that asks for any.
import { loadSwitchedOff, pemBlocksOf, type ClusterTrustBundle, type ClusterTrustBundleProjection } from '#kinds'
import { selectorFrom, type Kind } from '#machinery'
import { Informer, type Client } from '#client'

/** So long the first list may take before its error is asked for. */
const firstListMs = 10_000, lineLength = 64

export class TrustBundles {
  readonly #client: Client
  readonly #changed: (podUid: string) => void
  readonly #users = new Set<string>()
  #informer: Promise<Informer<ClusterTrustBundle>> | undefined

  /** `changed` is called for each pod that was given any, after one was changed, made or deleted. */
  constructor(client: Client, changed: (podUid: string) => void) {
    this.#client = client
    this.#changed = changed
  }

  /** The certificates of the bundles that are asked for, each once, as PEM. From now on the pod hears of changes. Throws an Error where there are none, unless that is allowed. */
  async read(podUid: string, { name, signerName, labelSelector, optional }: Omit<ClusterTrustBundleProjection, 'path'>): Promise<string> {
    this.#users.add(podUid)
    const all = await this.#all(), selector = labelSelector && selectorFrom(labelSelector)
    const found = all.filter(({ metadata, spec }) => (name !== undefined ? metadata.name === name : spec.signerName === signerName && selector?.matches(metadata.labels ?? {})))
    if (found.length === 0 && !optional) throw new Error(name !== undefined ? `clustertrustbundle.certificates.k8s.io "${name}" not found` : 'combination of signerName and labelSelector matched zero ClusterTrustBundles')
    const blocks = found.flatMap(({ spec }) => pemBlocksOf(spec.trustBundle)).map(({ bytes }) => Buffer.from(bytes).toString('base64'))
    return [...new Set(blocks)].map(pem).join('')
  }
  release(podUid: string): void { this.#users.delete(podUid) }
  stop(): void { void this.#informer?.then((informer) => { informer.stop() }) }

  async #all(): Promise<readonly ClusterTrustBundle[]> {
    const informer = await (this.#informer ??= this.#start())
    return await informer.syncedWithin(firstListMs) ? informer.list() : (await this.#client.list(informer.kind)).items // which says what is wrong
  }
  async #start(): Promise<Informer<ClusterTrustBundle>> {
    const kind: Kind<ClusterTrustBundle> = (await loadSwitchedOff()).furtherKinds.find((one) => one.kind === 'ClusterTrustBundle')!
    const informer = new Informer<ClusterTrustBundle>(this.#client, kind)
    informer.watch(() => { if (informer.hasSynced) for (const uid of this.#users) this.#changed(uid) })
    return informer
  }
}
const pem = (base64: string): string => `-----BEGIN CERTIFICATE-----\n${base64.replace(new RegExp(`.{${lineLength}}(?=.)`, 'g'), '$&\n')}\n-----END CERTIFICATE-----\n`
