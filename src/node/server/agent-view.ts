import type { Pod } from '#kinds'

/** What the server asks of the agent. */
export interface AgentView {
  readonly nodeName: string
  find(namespace: string, name: string): Pod | undefined
  pods(): readonly Pod[]
  containerId(uid: string, name: string, previous?: boolean): string | undefined
  sandboxId(uid: string): string | undefined
}
