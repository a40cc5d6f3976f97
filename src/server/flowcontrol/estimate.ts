// How wide a request is: lists take a seat for each hundred objects they look at; a write holds its seats a little longer while its watchers
// are told (KEP-1040; the reference's numbers).
import type { RequestInfo } from '../request.ts'
import { isTrue } from '../request.ts'

export interface Width {
  /** Seats while it is answered, and while its consequences last. */
  readonly seats: number
  /** How long it holds them after its answer (milliseconds). */
  readonly extraMs: number
}
/** What an estimate looks up. */
export interface Surroundings {
  /** Objects stored of the resource; undefined: it is not served here. */
  count(info: RequestInfo): number | undefined
  /** Watchers that a change of the object would reach. */
  watchers(info: RequestInfo): number
}

const objectsPerSeat = 100
const watchersPerSeat = 10
const eventMs = 5
/** The widest request anywhere, whatever its level allows. */
export const widest = 10
const narrow: Width = { seats: 1, extraMs: 0 }

/** `most`: the widest that the level allows. */
export function widthOf(info: RequestInfo, most: number, { count, watchers }: Surroundings): Width {
  const bound = Math.min(most || widest, widest)
  switch (info.verb) {
    case 'list': return { seats: listSeats(info, bound, count), extraMs: 0 }
    case 'watch': return isTrue(info.query.get('sendInitialEvents')) ? { seats: listSeats(info, bound, count), extraMs: 0 } : narrow
    case 'create': case 'update': case 'patch': case 'delete': {
      if (info.resource === 'serviceaccounts' && info.subresource === 'token') return narrow
      const told = watchers(info)
      if (told < watchersPerSeat) return narrow
      const wanted = Math.ceil(told / watchersPerSeat), seats = Math.min(wanted, bound)
      return { seats, extraMs: wanted * eventMs / seats }
    }
    default: return narrow
  }
}

function listSeats(info: RequestInfo, bound: number, count: Surroundings['count']): number {
  if (info.name !== '') return 1
  const stored = count(info)
  if (stored === undefined) return 1
  return Math.max(1, Math.min(bound, Math.ceil(stored / objectsPerSeat)))
}
