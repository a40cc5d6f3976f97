// Splits a stream of bytes at newlines, without going over any byte twice.

/** Call it with chunks; it calls `line` with each full line's text. */
export function splitLines(line: (text: string) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = []
  return (chunk) => {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end)
      const text = rest.length === 0 ? piece.toString('utf8') : Buffer.concat([...rest, piece]).toString('utf8')
      rest = []
      start = end + 1
      if (text !== '') line(text)
    }
    if (start < chunk.length) rest.push(chunk.subarray(start))
  }
}
