import { silent, type Log } from '#machinery'
import { runTool } from '../tool.ts'
import { forgetClients, listClients, recallClients } from './affinity.ts'
import { forgetFlows } from './conntrack.ts'
import type { Dataplane, DataplaneState } from './dataplane.ts'
import { diff, keyOf, type Element, type Placed } from './elements.ts'
import { chainsOf, skeleton, tableName, type RulesetOptions } from './ruleset.ts'

export interface NftablesOptions extends RulesetOptions {
  readonly log?: Log
  /** What stands before each tool; for a process that is not itself in the node's network namespace (inNamespace). */
  readonly enter?: readonly string[]
}

const loadTimeoutMs = 60_000

/**
 * The dataplane of Linux: one nftables table in the node's network namespace. The first state replaces what an earlier
 * agent left, in one transaction; after that only elements change, one transaction for each state.
 */
export class NftablesDataplane implements Dataplane {
  readonly #options: NftablesOptions
  readonly #log: Log
  readonly #placed = new Map<string, Placed>()
  readonly #chains = new Set<string>()
  #local: ReadonlySet<string> = new Set()
  #loaded = false

  constructor(options: NftablesOptions) {
    this.#options = options
    this.#log = (options.log ?? silent).named('nftables')
  }

  async apply(state: DataplaneState): Promise<void> {
    if (!this.#loaded) return this.#load(state)
    try {
      await this.#change(state)
    } catch (error) {
      // Somebody else has touched the table (a firewall that was loaded anew, say): what is there is not what we know.
      this.#log.warn('a change of the rules was refused; loading all of them anew', { error: String(error) })
      await this.#load(state)
    }
  }

  async close(): Promise<void> {
    this.#loaded = false
    await runTool(['nft', '-f', '-'], { ...this.#options, input: `table ip ${tableName}\ndelete table ip ${tableName}\n` })
  }

  async #load(state: DataplaneState): Promise<void> {
    this.#loaded = false
    this.#placed.clear()
    this.#chains.clear()
    this.#local = new Set()
    // The table that is replaced may hold clients of services with affinity; those of an earlier agent, too.
    const clients = await listClients(this.#options).catch(() => [])
    await this.#change(state, skeleton(this.#options))
    this.#loaded = true
    const sticky = [...this.#placed.values()].filter(({ frontend }) => frontend.affinitySeconds > 0).map(({ frontend, inside, outside }) => ({ frontend, backends: [...inside, ...outside] }))
    const input = recallClients(clients, sticky)
    if (input !== '') await runTool(['nft', '-f', '-'], { ...this.#options, input }).catch((error: unknown) => { this.#log.warn('clients lost their session affinity', { error: String(error) }) })
  }

  async #change(state: DataplaneState, before = ''): Promise<void> {
    const change = diff(this.#placed, state.frontends)
    const pair = (address: string): Element => ({ map: 'hairpin', key: `${address} . ${address}`, value: '' })
    const [gone, fresh] = this.#local === state.local ? [[], []] : [lacking(this.#local, state.local), lacking(state.local, this.#local)]
    const chains = this.#newChains(change.added)
    const input = before + chains.map(({ name, rules }) => `add chain ip ${tableName} ${name}\n${rules.map((rule) => `add rule ip ${tableName} ${name} ${rule}\n`).join('')}`).join('') +
      commands('delete', [...change.removed, ...gone.map(pair)]) + commands('add', [...change.added, ...fresh.map(pair)])
    if (input !== '') await runTool(['nft', '-f', '-'], { ...this.#options, input, timeoutMs: loadTimeoutMs })
    for (const key of change.gone) this.#placed.delete(key)
    for (const placed of change.placed) this.#placed.set(keyOf(placed), placed)
    for (const { name } of chains) this.#chains.add(name)
    this.#local = state.local
    // The rules are only asked about the first packet of a flow. What began earlier is looked after here; a failure
    // leaves some clients with an endpoint that is gone until they time out, and must not undo what is in force.
    try {
      if (change.strayUdp.length > 0) await forgetFlows(change.strayUdp.map(({ frontend: { address, port }, inside, outside }) => ({ address, port, backends: [...inside, ...outside] })), this.#options)
      if (change.lostSticky.length > 0) await forgetClients(change.lostSticky, this.#options)
    } catch (error) {
      this.#log.warn('old flows could not be cleared', { error: String(error) })
    }
  }

  #newChains(added: readonly Element[]) {
    const chains = new Map<string, readonly string[]>()
    for (const verdict of new Set(added.map(({ value }) => value))) {
      if (!verdict.startsWith('goto ')) continue
      for (const { name, rules } of chainsOf(verdict.slice(5))) if (!this.#chains.has(name)) chains.set(name, rules)
    }
    return [...chains].map(([name, rules]) => ({ name, rules }))
  }
}

/** Commands for elements, one for each map. */
function commands(verb: 'add' | 'delete', elements: readonly Element[]): string {
  const maps = new Map<string, string[]>()
  for (const { map, key, value } of elements) {
    let list = maps.get(map)
    if (!list) maps.set(map, list = [])
    list.push(value === '' ? key : `${key} : ${value}`)
  }
  return [...maps].map(([map, list]) => `${verb} element ip ${tableName} ${map} { ${list.join(', ')} }\n`).join('')
}

const lacking = (from: ReadonlySet<string>, other: ReadonlySet<string>): string[] => [...from].filter((item) => !other.has(item))
