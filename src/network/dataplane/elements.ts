// A frontend as elements of the maps in ruleset.ts.
import type { Sticky } from './affinity.ts'
import { frontendKey, type Backend, type Frontend } from './dataplane.ts'
import { masqueradeBit } from './ruleset.ts'

/** One element: which map or set, its key, and its value (empty in sets). */
export interface Element { readonly map: string; readonly key: string; readonly value: string }

/** A frontend with its backends in the order in which they stand in the maps. */
export interface Placed { readonly frontend: Frontend; readonly inside: readonly Backend[]; readonly outside: readonly Backend[] }

/** Puts a frontend's backends in places, those it had before where they were. */
export const place = (frontend: Frontend, before?: Placed): Placed => ({
  frontend,
  inside: arrange(frontend.backends, before?.inside),
  outside: arrange(frontend.outside ?? [], before?.outside),
})

/**
 * The wanted backends in an order that moves as few as possible: each stays in its place, new ones fill the gaps, and
 * the last ones move into gaps that are left. So one backend more or less is one or two elements, however many there are.
 */
export function arrange(wanted: readonly Backend[], before: readonly Backend[] = []): Backend[] {
  const left = new Set(wanted)
  const places: (Backend | undefined)[] = before.map((backend) => left.delete(backend) ? backend : undefined)
  const fresh = [...left]
  for (let i = 0; i < places.length && fresh.length > 0; i++) places[i] ??= fresh.shift()
  places.push(...fresh)
  while (places.length > 0 && places.at(-1) === undefined) places.pop()
  for (let i = 0; i < places.length; i++) {
    if (places[i] !== undefined) continue
    places[i] = places.pop()
    while (places.length > 0 && places.at(-1) === undefined) places.pop()
  }
  return places.filter((backend) => backend !== undefined)
}

/** Everything that stands for a frontend. */
export function elementsOf({ frontend, inside, outside }: Placed): Element[] {
  const { address, protocol, port, masquerade, affinitySeconds, whenEmpty, sources } = frontend
  const key = `${address === undefined ? '' : `${address} . `}${protocol.toLowerCase()} . ${port}`
  const side = address === undefined ? 'node-' : ''
  const sticky = affinitySeconds > 0 ? 'sticky-' : ''
  const elements: Element[] = []
  const balance = (face: string, backends: readonly Backend[], masked: boolean) => {
    elements.push({ map: `${face}services`, key, value: `goto ${sticky}${masked ? 'masquerade-' : ''}${face}pick-${backends.length}` })
    const first = masked ? masqueradeBit : 0
    backends.forEach((backend, index) => elements.push({ map: `${face}endpoints`, key: `${key} . ${first + index}`, value: backend.replace(':', ' . ') }))
  }
  if (inside.length > 0) balance(side, inside, masquerade)
  else if (whenEmpty === 'drop') elements.push({ map: `${side}services`, key, value: 'drop' })
  else elements.push({ map: `${side}refused`, key, value: 'goto refuse' })
  if (frontend.outside) {
    if (outside.length > 0) balance(`${side}outside-`, outside, false)
    // Where there is nothing at all, a client outside is told so too.
    else if (inside.length > 0) elements.push({ map: `${side}outside-services`, key, value: 'drop' })
  }
  if (sticky) elements.push({ map: `${side}learners`, key, value: `goto learn-${affinitySeconds}` })
  if (sources && address !== undefined) {
    elements.push({ map: 'guarded', key, value: '' })
    for (const range of sources) elements.push({ map: 'admitted', key: `${key} . ${range}`, value: '' })
  }
  return elements
}

export interface Change {
  readonly removed: readonly Element[]
  readonly added: readonly Element[]
  /** UDP frontends that have lost a backend, or have their first: flows that began before must find another way. */
  readonly strayUdp: readonly Placed[]
  /** Sticky frontends that have lost a backend: clients that stick to it must let go. */
  readonly lostSticky: readonly Sticky[]
  readonly placed: readonly Placed[]
  readonly gone: readonly string[]
}

/** What must change for `wanted` to be in force where `before` is. Only frontends that are another value than before are looked at. */
export function diff(before: ReadonlyMap<string, Placed>, wanted: ReadonlyMap<string, Frontend>): Change {
  const removed: Element[] = []
  const added: Element[] = []
  const placed: Placed[] = []
  const gone: string[] = []
  const strayUdp: Placed[] = []
  const lostSticky: Sticky[] = []
  const compare = (old: Placed | undefined, now: Placed | undefined) => {
    const was = new Map(old ? elementsOf(old).map((element) => [`${element.map} ${element.key}`, element]) : [])
    for (const element of now ? elementsOf(now) : []) {
      const name = `${element.map} ${element.key}`
      if (was.get(name)?.value === element.value) was.delete(name)
      else added.push(element)
    }
    removed.push(...was.values())
    const lost = [...old?.inside ?? [], ...old?.outside ?? []].filter((backend) => !now?.inside.includes(backend) && !now?.outside.includes(backend))
    const opens = (now?.inside.length ?? 0) > 0 && (old?.inside.length ?? 0) === 0
    const { frontend } = now ?? old ?? {}
    if (frontend?.protocol === 'UDP' && (opens || lost.length > 0)) strayUdp.push(now ?? { frontend, inside: [], outside: [] })
    if (old && old.frontend.affinitySeconds > 0 && lost.length > 0) lostSticky.push({ frontend: old.frontend, backends: lost })
  }
  for (const [key, frontend] of wanted) {
    const old = before.get(key)
    if (old?.frontend === frontend) continue
    const now = place(frontend, old)
    placed.push(now)
    compare(old, now)
  }
  for (const [key, old] of before) {
    if (wanted.has(key)) continue
    gone.push(key)
    compare(old, undefined)
  }
  return { removed, added, strayUdp, lostSticky, placed, gone }
}

export const keyOf = (placed: Placed): string => frontendKey(placed.frontend)
