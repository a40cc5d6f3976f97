// Scripts: what a user types and what must come back, in one readable file. A block is a command (`$ ...` and the lines that
// belong to it), a line of dashes, and the output; blocks are separated by an empty line. Everything else is a comment.

export interface Block { readonly command: string; readonly body: string; readonly text: string }

/** A script's blocks; comments are blocks without a command. */
export function parseScript(text: string): Block[] {
  return text.trimEnd().split('\n\n').map((block) => {
    const [input = ''] = block.split(/\n----(?:\n|$)/)
    const [first = '', ...body] = input.split('\n')
    return first.startsWith('$ ') ? { command: first.slice(2), body: body.join('\n'), text: input } : { command: '', body: '', text: block }
  })
}

/** Runs a script and gives it back with the output that came; equal to the script when all is as it should be. */
export async function runScript(text: string, run: (command: string, body: string) => Promise<string>): Promise<string> {
  const out: string[] = []
  for (const block of parseScript(text)) out.push(block.command === '' ? block.text : `${block.text}\n----\n${await run(block.command, block.body)}`.trimEnd())
  return out.join('\n\n') + '\n'
}
