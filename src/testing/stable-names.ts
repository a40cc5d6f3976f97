// Generated names, hashes and addresses differ with every change of the code; in scripts they are numbered in the order they came.
import type { Client } from '#client'
import { controllerRevision, endpointSlice, pod, replicaSet, service } from '#kinds'
import type { AnyObject, Kind, LooseObject } from '#machinery'

export class StableNames {
  readonly #stable = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  readonly #stops: (() => void)[]
  readonly #start: number

  constructor(client: Client) {
    this.#start = client.clock.now()
    const watch = <T extends AnyObject>(kind: Kind<T>, note: (object: T) => void) => client.watch(kind, {}, ({ type, object }) => { if (type === 'ADDED') note(object) }, () => {})
    const generated = ({ metadata: { name, generateName = '' } }: AnyObject) => {
      if (generateName !== '' && name.startsWith(generateName) && /^[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(name.slice(generateName.length))) this.#note(name, this.shown(generateName), (n) => String(n))
    }
    this.#stops = [
      watch(replicaSet, ({ metadata }) => { const hash = metadata.labels?.['pod-template-hash']; if (hash) this.#note(hash, '', (n) => `h${n}`) }),
      watch(controllerRevision, ({ metadata: { labels } }) => { const hash = labels?.['controller-revision-hash'] ?? labels?.['controller.kubernetes.io/hash']; if (hash) this.#note(hash, '', (n) => `r${n}`) }),
      watch(pod, generated), watch(endpointSlice, generated),
      watch(service, (s) => { const ip = (s as LooseObject)['spec']?.clusterIP as string | undefined; if (ip?.startsWith('10.')) this.#note(ip, '10.96.0.', (n) => `s${n}`) }),
    ]
  }
  stop(): void { for (const stop of this.#stops) stop() }

  /** The text as scripts show it: names numbered, times counted from the start. */
  shown(text: string): string {
    let out = text
    for (const [real, stable] of this.#longestFirst()) out = out.replaceAll(real, stable)
    out = out.replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>')
    return out.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => `+${Math.round((Date.parse(time) - this.#start) / 1000)}s`)
  }
  /** What the script's text means to the server. */
  real(text: string): string {
    for (const [real, stable] of this.#stable) if (text === stable) return real
    let out = text
    for (const [real, stable] of this.#longestFirst()) out = out.replace(new RegExp(`(?<![\\w-])${stable.replaceAll('.', '\\.')}(?![\\w-])`, 'g'), real)
    return out.replace(/-([hr]\d+)(?=-|$)/g, (_, hash: string) => `-${[...this.#stable].find(([, stable]) => stable === hash)?.[0] ?? hash}`)
  }

  #note(real: string, prefix: string, number: (n: number) => string): void {
    if (this.#stable.has(real)) return
    const key = `${prefix}${number(0)}`, count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    this.#stable.set(real, prefix + number(count))
  }
  #longestFirst(): [string, string][] { return [...this.#stable].sort(([a], [b]) => b.length - a.length) }
}
