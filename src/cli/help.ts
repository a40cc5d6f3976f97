import type { Command } from './command.ts'
import { flagName, type Flag } from './flag.ts'
import type { Paint } from './terminal.ts'

const indent = '  '

/** The list of commands. */
export function renderOverview(commands: readonly Command[], paint: Paint): string {
  const shown = commands.filter(({ hidden }) => !hidden)
  const width = Math.max(...shown.map(({ name }) => name.length)) + 3
  return [
    'Proa is Kubernetes in TypeScript: a whole cluster in one program.', '',
    paint.bold('Usage'), `${indent}./proa <command> [flags]`, '',
    paint.bold('Commands'), ...shown.map(({ name, summary }) => `${indent}${name.padEnd(width)}${summary}`), '',
    paint.bold('Start here'), `${indent}./proa up                 a cluster on this machine; Ctrl-C stops it`,
    `${indent}kubectl get nodes         in another terminal: kubectl is already pointed at it`, '',
    './proa <command> --help says more about each. ./proa --version prints the version.',
  ].join('\n')
}

/** A command's own help, wrapped to a terminal. */
export function renderHelp(command: Command, paint: Paint, columns: number): string {
  const lines = [command.summary, '']
  if (command.about) lines.push(...command.about.trim().split('\n'), '')
  lines.push(paint.bold('Usage'), `${indent}${usage(command)}`, '')
  if (command.arguments?.length) {
    const width = Math.max(...command.arguments.map(({ name }) => name.length)) + 3
    lines.push(paint.bold('Arguments'), ...command.arguments.map(({ name, description }) => `${indent}${name.padEnd(width)}${description}`), '')
  }
  if (command.examples?.length) {
    const width = Math.max(...command.examples.map(([typed]) => typed.length)) + 3
    lines.push(paint.bold('Examples'), ...command.examples.map(([typed, what]) => `${indent}${typed.padEnd(width)}${paint.dim(what)}`), '')
  }
  for (const [group, flags] of groupsOf(command)) {
    lines.push(paint.bold(group))
    for (const { spelled, description } of flags) {
      const wide = spelled.length > 30
      const text = wrap(description, Math.max(40, Math.min(columns, 110) - 34))
      if (wide) lines.push(`${indent}${spelled}`)
      text.forEach((line, i) => lines.push(`${indent}${(i === 0 && !wide ? spelled : '').padEnd(30)}  ${line}`))
    }
    lines.push('')
  }
  return lines.join('\n').trimEnd()
}

/** `./proa image load FILE... [flags]`. */
export function usage(command: Command): string {
  const words = (command.arguments ?? []).map(({ name, required, several }) => {
    const word = several ? `${name}...` : name
    return required ? word : `[${word}]`
  })
  return ['./proa', command.name, ...words, ...(Object.keys(command.flags).length > 0 ? ['[flags]'] : [])].join(' ')
}

export interface FlagLine { readonly spelled: string; readonly description: string }

/** The flags of a command under their headings, as help and documentation show them. */
export function groupsOf(command: Command): [group: string, FlagLine[]][] {
  const groups = new Map<string, FlagLine[]>()
  for (const [key, flag] of Object.entries<Flag<unknown>>(command.flags)) {
    if (flag.hidden) continue
    const group = flag.group ?? 'Flags'
    const lines = groups.get(group) ?? []
    groups.set(group, lines)
    const spelled = `${flag.short ? `-${flag.short}, ` : ''}--${flagName(key)}${flag.value ? ` ${flag.value}` : ''}`
    const otherwise = defaultOf(flag)
    lines.push({ spelled, description: otherwise ? `${flag.description} (default ${otherwise})` : flag.description })
  }
  return [...groups]
}

function defaultOf(flag: Flag<unknown>): string | undefined {
  if (flag.defaultText !== undefined) return flag.defaultText
  if (flag.default === true) return 'true'
  if (typeof flag.default === 'string' || typeof flag.default === 'number') return String(flag.default)
  if (Array.isArray(flag.default) && flag.default.length > 0) return flag.default.join(',')
  return undefined
}

function wrap(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
