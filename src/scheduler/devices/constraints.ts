// What devices of one claim must have in common, or must not.
import type { DeviceAttribute, DeviceConstraint } from '#kinds'
import type { Candidate } from './pools.ts'

/** Adding more devices never makes a broken constraint hold again, so a search may stop at the first refusal. */
export interface Constraint {
  /** Whether the device may join; if so it counts until it is removed. */
  add(request: string, subrequest: string, candidate: Candidate): boolean
  remove(request: string, subrequest: string): void
}

/** Undefined: of a kind that nobody knows. */
export function constraintOf({ matchAttribute, distinctAttribute, requests = [] }: DeviceConstraint): Constraint | undefined {
  const attribute = matchAttribute ?? distinctAttribute, values: DeviceAttribute[] = []
  if (attribute === undefined) return undefined
  const applies = (request: string, subrequest: string) => requests.length === 0 || requests.includes(request) || (subrequest !== '' && requests.includes(`${request}/${subrequest}`))
  return {
    add(request, subrequest, candidate) {
      if (!applies(request, subrequest)) return true
      const value = attributeOf(candidate, attribute)
      if (!value || (matchAttribute !== undefined ? values.length > 0 && !equal(value, values[0]!) : values.some((other) => equal(value, other)))) return false
      values.push(value)
      return true
    },
    remove(request, subrequest) { if (applies(request, subrequest)) values.pop() },
  }
}

/** By its full name, or without the domain when that is the driver's. */
function attributeOf({ device: { attributes = {} }, slice: { spec: { driver } } }: Candidate, name: string): DeviceAttribute | undefined {
  if (name in attributes) return attributes[name]
  const slash = name.indexOf('/')
  return slash >= 0 && name.slice(0, slash) === driver ? attributes[name.slice(slash + 1)] : undefined
}
function equal(a: DeviceAttribute, b: DeviceAttribute): boolean {
  for (const type of ['string', 'int', 'bool', 'version'] as const) if (a[type] !== undefined) return a[type] === b[type]
  return false
}
