// JSON that is known already: who has written out a value that will not change any more until it is stored leaves its JSON here, and who stores it
// need not write it out once more. As a rule it is stored in the same breath.

interface Left { readonly value: object; readonly pieces: readonly string[]; readonly between: string }
/** So many values at most; what was left before them is forgotten, and made again. */
const mostLeft = 64
const left = new Array<Left | undefined>(mostLeft).fill(undefined)
/** Where the last one was left. */
let last = 0

/** Leaves the JSON of a value: pieces, with the same text between each and the next. From now on nobody may change the value. */
export function leaveJson(value: object, pieces: readonly string[], between = ''): void {
  last = (last + 1) % mostLeft
  left[last] = { value, pieces, between }
}

/** Adds JSON.stringify of a value to `parts`, or what was left, which is then forgotten. `certain`: throws an Error when that is not what the value is. False, and nothing is added, for a value that JSON has nothing for. */
export function addJson(parts: string[], value: unknown, certain = false): boolean {
  const at = typeof value === 'object' && value !== null ? placeOf(value) : -1
  if (at < 0) {
    const json = JSON.stringify(value) as string | undefined
    if (json !== undefined) parts.push(json)
    return json !== undefined
  }
  const { pieces, between } = left[at]!
  left[at] = undefined
  if (certain && pieces.join(between) !== JSON.stringify(value)) throw new Error(`a value was changed after its JSON had been left: ${pieces.join(between)} is now ${JSON.stringify(value)}`)
  for (let i = 0; i < pieces.length; i++) {
    if (i > 0) parts.push(between)
    parts.push(pieces[i]!)
  }
  return true
}
function placeOf(value: object): number {
  if (left[last]?.value === value) return last
  return left.findIndex((one) => one?.value === value)
}
