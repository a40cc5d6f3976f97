import { defineCommand } from '../command.ts'
import { renderCompletion, shells, type Shell } from '../completion.ts'

export const completion = defineCommand({
  name: 'completion',
  summary: 'Print a completion script for a shell',
  about: 'The script holds all commands and flags; pressing Tab starts no program.',
  examples: [
    ['source <(./proa completion bash)', 'for this bash'],
    ['source <(./proa completion zsh)', 'for this zsh'],
    ['./proa completion fish | source', 'for this fish'],
  ],
  arguments: [{ name: 'SHELL', description: 'bash, zsh or fish', required: true, choices: shells }],
  flags: {},
  run: async (_values, [shell], terminal) => {
    const { allCommands } = await import('../commands.ts')
    terminal.out(renderCompletion(shell as Shell, await allCommands()).trimEnd())
    return 0
  },
})
