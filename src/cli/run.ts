import type { Command } from './command.ts'
import { commandNames, loadCommand } from './commands.ts'
import { Failure, messageOf, usageError } from './failure.ts'
import { createTerminal, type Terminal } from './terminal.ts'

/** Runs a command line (without the program's name) and returns the exit code. Nothing is thrown. */
export async function run(args: readonly string[], terminal: Terminal = createTerminal(process.stdout, process.stderr, process.env)): Promise<number> {
  try {
    return await dispatch(args, terminal)
  } catch (error) {
    if (error instanceof Failure) {
      terminal.note(`proa: ${error.message}`)
      return error.exitCode
    }
    // Not foreseen: the stack is what helps whoever has to look into it.
    terminal.note(`proa: ${error instanceof Error ? error.stack ?? error.message : messageOf(error)}`)
    return 1
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first] = args
  if (first === '--version') return dispatch(['version'], terminal)
  if (first === 'help' && args.length > 1) return dispatch([...args.slice(1), '--help'], terminal)
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    const [{ allCommands }, { renderOverview }] = await Promise.all([import('./commands.ts'), import('./help.ts')])
    terminal.out(renderOverview(await allCommands(), terminal.paint))
    return 0
  }
  const name = [args.slice(0, 2).join(' '), first].find((words) => commandNames.includes(words))
  if (name === undefined) throw usageError(unknownCommand(args))
  const command = await loadCommand(name)
  if (!command) throw usageError(unknownCommand(args))
  const rest = args.slice(name.split(' ').length)
  const end = rest.indexOf('--')
  if (rest.slice(0, end === -1 ? undefined : end).some((word) => word === '--help' || word === '-h')) {
    const { renderHelp } = await import('./help.ts')
    terminal.out(renderHelp(command, terminal.paint, terminal.columns))
    return 0
  }
  const { parseArguments } = await import('./parse.ts')
  const idle = new Map<string, string>()
  const typed = command.referenceFlags !== undefined ? await withoutThoseOfTheReference(command, rest, terminal, idle) : rest
  const { values, words } = parseArguments(command, typed)
  return command.run(values, words, terminal, idle)
}

async function withoutThoseOfTheReference({ flags, referenceFlags }: Command, args: readonly string[], terminal: Terminal, idle: Map<string, string>): Promise<readonly string[]> {
  const [{ withoutReferenceFlags }, { flagName }] = await Promise.all([import('./flags/reference-flags.ts'), import('./flag.ts')])
  return withoutReferenceFlags(args, new Set(Object.keys(flags).map(flagName)), (line) => { terminal.note(terminal.paint.yellow(line)) }, idle,
    ...(typeof referenceFlags === 'string' ? [{ component: referenceFlags, flags: (await import('./flags/component-reference-flags.ts')).componentReferenceFlags[referenceFlags] }] : []))
}

function unknownCommand([first = '', second = '']: readonly string[]): string {
  const nested = commandNames.filter((name) => name.startsWith(`${first} `)).map((name) => name.slice(first.length + 1))
  if (nested.length > 0) return `${first} wants ${nested.join(' or ')}${second ? `, not ${JSON.stringify(second.slice(0, 50))}` : ''}. See ./proa ${first} ${nested[0]} --help`
  if (first.startsWith('-')) return `write the command first: ./proa <command> ${first}. See ./proa --help`
  const near = commandNames.map((name) => ({ name, distance: editDistance(first, name) })).sort((a, b) => a.distance - b.distance)[0]
  return `unknown command ${JSON.stringify(first.slice(0, 50))}${near && near.distance <= 2 ? `, did you mean ${near.name}?` : '.'} See ./proa --help`
}

/** How many letters must be changed, added or removed to get from one word to the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= Math.min(a.length, 50); i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
