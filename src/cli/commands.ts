import type { Command } from './command.ts'

// A command's file is read when it is asked for: starting fast is a promise, and most of them bring something with them.
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).up,
  down: async () => (await import('./commands/down.ts')).down,
  status: async () => (await import('./commands/status.ts')).status,
  setup: async () => (await import('./commands/setup.ts')).setup,
  kubeconfig: async () => (await import('./commands/kubeconfig.ts')).kubeconfig,
  'image load': async () => (await import('./commands/image-load.ts')).imageLoad,
  logs: async () => (await import('./commands/logs.ts')).logs,
  why: async () => (await import('./commands/why.ts')).why,
  server: async () => (await import('./commands/server.ts')).server,
  'controller-manager': async () => (await import('./commands/controller-manager.ts')).controllerManager,
  scheduler: async () => (await import('./commands/scheduler.ts')).scheduler,
  agent: async () => (await import('./commands/agent.ts')).agent,
  completion: async () => (await import('./commands/completion.ts')).completion,
  version: async () => (await import('./commands/version.ts')).version,
}

/** The names of all commands, in the order in which help lists them. */
export const commandNames: readonly string[] = Object.keys(commands)

/** A command by its name. */
export const loadCommand = async (name: string): Promise<Command | undefined> => commands[name]?.()

/** All of them, for help, completion and documentation. */
export const allCommands = async (): Promise<Command[]> => Promise.all(Object.values(commands).map((one) => one()))
