// JSON that is known already: who has written out a value that will not change any more until it is stored leaves its JSON here, and who stores it
// need not write it out once more.

const known = new WeakMap<object, string>()

/** Leaves the JSON of a value. From now on nobody may change the value. */
export function leaveJson(value: object, json: string): void { known.set(value, json) }

/** JSON.stringify of a value (undefined where that has nothing to say), or what was left, which is then forgotten. `certain`: throws an Error when that is not what the value is. */
export function takeJson(value: unknown, certain = false): string | undefined {
  const left = typeof value === 'object' && value !== null ? known.get(value) : undefined
  if (left === undefined) return JSON.stringify(value) as string | undefined
  known.delete(value as object)
  if (certain && left !== JSON.stringify(value)) throw new Error(`a value was changed after its JSON had been left: ${left} is now ${JSON.stringify(value)}`)
  return left
}
