import type { Pod } from '#kinds'
import type { ProbeCount } from '../pods/probe-counts.ts'

/** What the server asks of the agent. */
export interface AgentView {
  readonly nodeName: string
  find(namespace: string, name: string): Pod | undefined
  pods(): readonly Pod[]
  containerId(uid: string, name: string, previous?: boolean): string | undefined
  /** How the probes of its pods have gone. */
  probeCounts(): readonly ProbeCount[]
  sandboxId(uid: string): string | undefined
}
