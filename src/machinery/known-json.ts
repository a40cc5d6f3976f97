// JSON that is known already: who has written out a value that will not change any more until it is stored leaves its JSON here, and who stores it
// need not write it out once more. As a rule it is stored in the same breath.

/** So many values at most; what was left before them is forgotten, and made again. */
const mostLeft = 64
const values = new Array<object | undefined>(mostLeft).fill(undefined)
const texts = new Array<string>(mostLeft).fill('')
/** Where the last one was left. */
let last = 0

/** Leaves the JSON of a value. From now on nobody may change the value. */
export function leaveJson(value: object, json: string): void {
  last = (last + 1) % mostLeft
  values[last] = value
  texts[last] = json
}

/** JSON.stringify of a value (undefined where that has nothing to say), or what was left, which is then forgotten. `certain`: throws an Error when that is not what the value is. */
export function takeJson(value: unknown, certain = false): string | undefined {
  const at = typeof value === 'object' && value !== null ? placeOf(value) : undefined
  if (at === undefined) return JSON.stringify(value) as string | undefined
  const left = texts[at]!
  values[at] = undefined
  texts[at] = ''
  if (certain && left !== JSON.stringify(value)) throw new Error(`a value was changed after its JSON had been left: ${left} is now ${JSON.stringify(value)}`)
  return left
}
function placeOf(value: object): number | undefined {
  if (values[last] === value) return last
  const at = values.indexOf(value)
  return at < 0 ? undefined : at
}
