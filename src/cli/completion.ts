// Completion scripts, made from the tables. They hold everything they need: pressing Tab starts no program.
import type { Command } from './command.ts'
import { flagName, type Flag } from './flag.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The script for a shell, to be sourced. */
export function renderCompletion(shell: Shell, commands: readonly Command[]): string {
  const shown = commands.filter(({ hidden }) => !hidden)
  return { bash, zsh, fish }[shell](shown)
}

const flagsOf = (command: Command): [string, Flag<unknown>][] =>
  [...Object.entries<Flag<unknown>>(command.flags).filter(([, { hidden }]) => !hidden), ['help', { description: 'Says more about the command', default: false, parse: () => true }]]

const firstWords = (commands: readonly Command[]): string[] => [...new Set(commands.map(({ name }) => name.split(' ')[0]!))]
const wordsAfter = (commands: readonly Command[], first: string): string[] => commands.flatMap(({ name }) => name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : [])

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const values = flagsOf(command).filter(([, { value }]) => value !== undefined).map(([key, flag]) => {
      const names = [`--${flagName(key)}`, ...(flag.short ? [`-${flag.short}`] : [])].join('|')
      if (flag.choices) return `        ${names}) COMPREPLY=($(compgen -W "${flag.choices.join(' ')}" -- "$cur")); return ;;`
      if (flag.completes) return `        ${names}) COMPREPLY=($(compgen ${flag.completes === 'file' ? '-f' : '-d'} -- "$cur")); return ;;`
      return `        ${names}) return ;;`
    })
    const words = command.arguments?.flatMap(({ choices = [] }) => choices) ?? []
    const files = command.arguments?.some(({ completes }) => completes === 'file') ? ' -f' : ''
    return [
      `    "${command.name}")`, '      case $prev in', ...values, '      esac',
      `      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "${flagsOf(command).map(([key]) => `--${flagName(key)}`).join(' ')}" -- "$cur"))`,
      `      else COMPREPLY=($(compgen${files} -W "${words.join(' ')}" -- "$cur")); fi ;;`,
    ].join('\n')
  })
  const nested = firstWords(commands).filter((first) => wordsAfter(commands, first).length > 0)
    .map((first) => `    "${first}") COMPREPLY=($(compgen -W "${wordsAfter(commands, first).join(' ')}" -- "$cur")) ;;`)
  return `# bash completion for proa:  source <(./proa completion bash)
_proa() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] && break
    case "\${command:+$command }\${COMP_WORDS[i]}" in
      ${[...new Set(commands.flatMap(({ name }) => [name, name.split(' ')[0]!]))].map((name) => `"${name}"`).join('|')}) command="\${command:+$command }\${COMP_WORDS[i]}" ;;
      *) command='?'; break ;;
    esac
  done
  case $command in
    '') COMPREPLY=($(compgen -W "${firstWords(commands).join(' ')}" -- "$cur")) ;;
${[...nested, ...cases].join('\n')}
  esac
}
complete -F _proa proa ./proa
`
}

function zsh(commands: readonly Command[]): string {
  const quote = (text: string) => text.replaceAll('\\', '\\\\').replaceAll("'", "'\\''").replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:')
  const action = (flag: { choices?: readonly string[]; completes?: string }) => flag.choices ? `(${flag.choices.join(' ')})` : flag.completes === 'directory' ? '_files -/' : flag.completes ? '_files' : ' '
  const cases = commands.map((command) => {
    const flags = flagsOf(command).map(([key, flag]) => `'--${flagName(key)}${flag.value === undefined ? '' : '='}[${quote(flag.description)}]${flag.value === undefined ? '' : `:value:${action(flag)}`}'`)
    const words = (command.arguments ?? []).map((argument) => `'${argument.several ? '*' : ''}:${quote(argument.name)}:${action(argument)}'`)
    return `    '${command.name}') _arguments ${[...flags, ...words].join(' ')} ;;`
  })
  const nested = firstWords(commands).map((first) => [first, wordsAfter(commands, first)] as const).filter(([, rest]) => rest.length > 0)
    .map(([first, rest]) => `    '${first}') _values 'command' ${rest.map((word) => `'${word}'`).join(' ')} ;;`)
  return `#compdef proa
# zsh completion for proa:  source <(./proa completion zsh)
_proa() {
  local command=$words[2]
  if (( CURRENT == 2 )); then
    _values 'command' ${firstWords(commands).map((first) => {
      const own = commands.find(({ name }) => name === first)
      return `'${first}${own ? `[${quote(own.summary)}]` : ''}'`
    }).join(' ')}
    return
  fi
  case $command in
    ${nested.length > 0 ? `${nested.map((line) => line.trim().split(')')[0]).join('|')}) (( CURRENT > 3 )) && command="$words[2] $words[3]" ;;` : ''}
  esac
  case $command in
${[...nested, ...cases].join('\n')}
  esac
}
compdef _proa proa ./proa
`
}

function fish(commands: readonly Command[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = ['# fish completion for proa:  ./proa completion fish | source', 'complete -c proa -f']
  for (const first of firstWords(commands)) {
    const own = commands.find(({ name }) => name === first)
    lines.push(`complete -c proa -n __fish_use_subcommand -a ${first}${own ? ` -d ${quote(own.summary)}` : ''}`)
    for (const word of wordsAfter(commands, first)) lines.push(`complete -c proa -n '__fish_seen_subcommand_from ${first}' -a ${word}`)
  }
  for (const command of commands) {
    const when = `-n '${command.name.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')}'`
    for (const [key, flag] of flagsOf(command)) {
      const values = flag.value === undefined ? '' : flag.choices ? ` -x -a ${quote(flag.choices.join(' '))}` : flag.completes ? ' -r -F' : ' -x'
      lines.push(`complete -c proa ${when} -l ${flagName(key)}${flag.short ? ` -s ${flag.short}` : ''}${values} -d ${quote(flag.description)}`)
    }
    for (const { choices, completes } of command.arguments ?? []) {
      if (choices) lines.push(`complete -c proa ${when} -a ${quote(choices.join(' '))}`)
      if (completes) lines.push(`complete -c proa ${when} -F`)
    }
  }
  return `${lines.join('\n')}\n`
}
