// What carries packets to services, whatever it is made of. It is told the whole state and finds out itself what is new.

export type Protocol = 'TCP' | 'UDP' | 'SCTP'

/** An endpoint: `10.244.1.7:8080`. */
export type Backend = string

/**
 * One place where a service is reached: an address and a port, or a port of every address of the node. Values are
 * immutable, and the same value means no change.
 */
export interface Frontend {
  /** Whose it is, for people: `namespace/name:port`. */
  readonly service: string
  /** Undefined: every address of the node (a node port). */
  readonly address: string | undefined
  readonly protocol: Protocol
  readonly port: number
  readonly backends: readonly Backend[]
  /** What happens when there are none. `drop` is for traffic that must stay on its node while there are backends elsewhere. */
  readonly whenEmpty: 'reject' | 'drop'
  /** Packets leave with this node's address, because the answer must come back this way. */
  readonly masquerade: boolean
  /** How long a client stays with its backend. 0: each connection goes its own way. */
  readonly affinitySeconds: number
  /** What clients outside of this node reach instead, with their own address kept (externalTrafficPolicy Local). None: dropped. */
  readonly outside?: readonly Backend[]
  /** The only ranges from which clients are let in. */
  readonly sources?: readonly string[]
}

export interface DataplaneState {
  /** By frontendKey. */
  readonly frontends: ReadonlyMap<string, Frontend>
  /** The addresses of backends on this node. One that reaches itself through a service must see another address than its own. */
  readonly local: ReadonlySet<string>
}

export interface Dataplane {
  /** Resolves when packets go the new way. Called again only after it has settled. Rejects when the state is not in force; the next call tries everything anew. */
  apply(state: DataplaneState): Promise<void>
  /** Takes everything away that it put in force. */
  close(): Promise<void>
}

/** What tells one frontend from another. */
export const frontendKey = ({ address, protocol, port }: Pick<Frontend, 'address' | 'protocol' | 'port'>): string => `${address ?? '*'} ${protocol} ${port}`

export const nothing: DataplaneState = { frontends: new Map(), local: new Set() }
