// Time zones by the names of the IANA database (2025b), with those of old; time-zones.json has them by what stands before the last slash.
import names from './time-zones.json' with { type: 'json' }

const zones = new Set(Object.entries(names).flatMap(([area, list]) => list.split(' ').map((name) => (area ? `${area}/${name}` : name))))

/** Why a time zone cannot be found, in the reference's words; undefined when it can. */
export function zoneProblem(name: string): string | undefined {
  if (name === '' || name === 'UTC' || name === 'Local' || zones.has(name)) return undefined
  return name.includes('..') || name.startsWith('/') || name.startsWith('\\') ? 'time: invalid location name' : `unknown time zone ${name}`
}
