// How the parts of a claim name its requests.
import { invalidValue, isDNS1123Label, type FieldError } from '#machinery'
import { failing } from '../checks.ts'
import { validateSet } from './limited.ts'
import type { DeviceClaim } from './resourceclaim.ts'

/** What constraints, configurations and results may call a request: its name, and with a choice of it behind a slash. */
export const requestNames = ({ requests = [] }: DeviceClaim): ReadonlySet<string> =>
  new Set(requests.flatMap((r) => [r.name, ...(r.firstAvailable ?? []).map((sub) => `${r.name}/${sub.name}`)]))
const notAName = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
export function validateRequestReference(name: string, at: string, names: ReadonlySet<string>): FieldError[] {
  const parts = name.split('/')
  if (parts.length > 2) return [invalidValue(at, name, notAName)]
  return [...parts.flatMap((part) => failing(isDNS1123Label, part, at)), ...(names.has(name) ? [] : [invalidValue(at, name, notAName)])]
}
export const mostRequests = 32
export const validateReferences = (list: readonly string[] | undefined, at: string, names: ReadonlySet<string>): FieldError[] =>
  validateSet(list, mostRequests, at, (name, here) => validateRequestReference(name, here, names), (name) => name)
