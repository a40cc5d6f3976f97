import { Command as Parser, CommanderError, Option } from 'commander'
import type { Command } from './command.ts'
import { usageError } from './failure.ts'
import { flagName, parseFlag, type Flag, type Flags, type Values } from './flag.ts'

/** What was typed after a command, checked against its table. Throws Failure with exit code 2 and one line of advice. */
export function parseArguments<F extends Flags>(command: Command<F>, args: readonly string[]): { values: Values<F>; words: string[] } {
  const parser = new Parser(command.name).helpOption(false).exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
  for (const [key, flag] of Object.entries<Flag<unknown>>(command.flags)) for (const option of toOptions(key, flag)) parser.addOption(option)
  for (const argument of command.arguments ?? []) {
    const name = argument.several ? `${argument.name}...` : argument.name
    parser.argument(argument.required ? `<${name}>` : `[${name}]`)
  }
  let words: string[] = []
  parser.action(() => { words = parser.args })
  try {
    parser.parse(spellSwitches(command.flags, args), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const advice = explain(error)
    throw usageError(`${advice}${advice.endsWith('?') ? '' : '.'} See ./proa ${command.name} --help`)
  }
  command.arguments?.forEach(({ name, choices, several }, i) => {
    for (const word of several ? words.slice(i) : words.slice(i, i + 1)) {
      if (choices && !choices.includes(word)) throw usageError(`${name} is one of ${choices.join(', ')}, not ${JSON.stringify(word.slice(0, 100))}`)
    }
  })
  return { values: parser.opts() as Values<F>, words }
}

function toOptions(key: string, flag: Flag<unknown>): Option[] {
  const name = `--${flagName(key)}`
  const spelled = flag.short ? `-${flag.short}, ${name}` : name
  // A switch takes its value only with `=`, as everywhere in Kubernetes; spellSwitches turns that into these two.
  if (flag.value === undefined) return [new Option(spelled).default(flag.default), new Option(`--no-${flagName(key)}`)]
  return [new Option(`${spelled} <value>`).default(flag.default).argParser((given: string, before: unknown) => parseFlag(key, flag, given, before))]
}

/** `--detach=false` becomes `--no-detach`; the reference's `-v=4` becomes `--v=4`. */
function spellSwitches(flags: Flags, args: readonly string[]): string[] {
  const end = args.indexOf('--')
  return args.map((arg, i) => {
    if (end !== -1 && i >= end) return arg
    const [, dashes = '', name = '', given = ''] = /^(--?)([a-z][a-z0-9-]*)=(.*)$/s.exec(arg) ?? []
    const found = Object.entries<Flag<unknown>>(flags).find(([key, flag]) => flagName(key) === name || (dashes === '-' && flag.short === name))
    if (!found) return arg
    const [key, flag] = found
    if (flag.value !== undefined) return `--${flagName(key)}=${given}`
    return parseFlag(key, flag, given, flag.default) ? `--${flagName(key)}` : `--no-${flagName(key)}`
  })
}

function explain(error: CommanderError): string {
  const [first = '', hint = ''] = error.message.replace(/^error: /, '').split('\n')
  const flag = /'([^']+)'/.exec(first)?.[1] ?? ''
  const meant = /Did you mean (.+?)\?/.exec(hint)?.[1]
  switch (error.code) {
    case 'commander.unknownOption': return `unknown flag ${flag}${meant && !meant.includes('--no-') ? `, did you mean ${meant}?` : ''}`
    case 'commander.optionMissingArgument': return `${flag.replace(/ <.*/, '').replace(/^-\w, /, '')} needs a value`
    case 'commander.missingArgument': return `missing: ${flag}`
    case 'commander.excessArguments': return 'more words than expected'
    default: return first
  }
}
