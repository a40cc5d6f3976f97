// Warnings as headers of an answer (RFC 7234, 5.5): each once, and never so many that the answer's headers grow without bound.

/** Characters of all warnings together; where there are more, each is cut. */
const mostCharacters = 4 * 1024
const longestWhenCut = 256

/** One header for each text, in order. A text with control characters is none that a header can carry, and is left out. */
export function warningHeaders(texts: Iterable<string>): string[] {
  const warnings = [...new Set(texts)].filter((text) => text !== '')
  const whole = warnings.filter(isHeaderText).map((text) => [...text])
  if (whole.reduce((sum, text) => sum + text.length, 0) <= mostCharacters) return whole.map(header)
  const kept: string[] = []
  for (let i = 0, written = 0; i < whole.length && written < mostCharacters; i++) {
    const cut = whole[i]!.slice(0, longestWhenCut)
    written += cut.length
    kept.push(header(cut))
  }
  return kept
}
const isHeaderText = (text: string): boolean => !/\p{Cc}/u.test(text)
const header = (characters: readonly string[]): string => `299 - "${characters.join('').replace(/[\\"]/g, '\\$&')}"`
