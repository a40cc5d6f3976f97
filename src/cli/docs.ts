import type { Command } from './command.ts'
import { groupsOf, usage } from './help.ts'

/** docs/cli.md, from the tables. */
export function renderDocs(commands: readonly Command[]): string {
  const shown = commands.filter(({ hidden }) => !hidden)
  const lines = [
    '# The command line', '',
    '<!-- Made from the tables in src/cli/commands by `UPDATE=1 npm run check`; change those. -->', '',
    'Exit codes: 0 success, 1 something failed, 2 the command was typed wrong. Results go to stdout, everything about the work to stderr.',
    'Colour appears only on a terminal and not with `NO_COLOR` set. Durations are written as in Go: `40s`, `5m`, `1h30m`.', '',
    '| Command | |', '|---|---|',
    ...shown.map(({ name, summary }) => `| [\`${name}\`](#${name.replaceAll(' ', '-')}) | ${summary} |`), '',
  ]
  for (const command of shown) {
    lines.push(`## ${command.name}`, '', command.summary, '', `    ${usage(command)}`, '')
    if (command.about) lines.push(command.about.trim(), '')
    if (command.arguments?.length) lines.push(...command.arguments.map(({ name, description }) => `- \`${name}\`: ${description}`), '')
    if (command.examples?.length) lines.push('Examples:', '', ...command.examples.map(([typed, what]) => `    ${typed.padEnd(52)}# ${what}`), '')
    for (const [group, flags] of groupsOf(command)) {
      lines.push(`| ${group} | |`, '|---|---|', ...flags.map(({ spelled, description }) => `| \`${spelled.replaceAll('|', '\\|')}\` | ${description.replaceAll('|', '\\|')} |`), '')
    }
  }
  return `${lines.join('\n').trimEnd()}\n`
}
