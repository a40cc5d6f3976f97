// The parameters with which a binding puts a policy to work: objects of any kind that is served.
import type { ParamKind, ParamRef } from '#kinds'
import { parseApiVersion, selectorFrom, type LooseObject } from '#machinery'
import { converted, type Registry, type Served } from '../served.ts'
import type { AdmissionAttributes } from './admission.ts'
import { namespaceOf } from './addressed.ts'

/** A policy or a binding that cannot be put to work as it is written. */
export class ConfigurationError extends Error { override readonly name = 'ConfigurationError' }

/** As refusals say it; without a binding it is the policy that cannot be put to work. */
export const whyNotConfigured = ({ message }: ConfigurationError, binding: string | undefined): string => `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${message}`

/** What serves the kind. Throws ConfigurationError where nobody does. */
export function paramResource(registry: Registry, { apiVersion = '', kind = '' }: ParamKind): Served {
  const { group, version } = parseApiVersion(apiVersion)
  const found = registry.resources(group, version).find((served) => served.kindName === kind)
  if (!found) throw new ConfigurationError(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind}'`)
  return found
}

/** The objects that the policy is evaluated with, once for each; one undefined where it takes none. Rejects with a ConfigurationError. */
export async function paramsFor(attributes: AdmissionAttributes, served: Served | undefined, ref: ParamRef | undefined): Promise<readonly (LooseObject | undefined)[]> {
  if (!served || !ref) return [undefined]
  const { name, selector, namespace, parameterNotFoundAction } = ref
  const where = served.namespaced ? namespace || namespaceOf(attributes) : ''
  if (served.namespaced && !where) throw new ConfigurationError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  if (!served.namespaced && namespace) throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  const conversion = attributes.objects.prepare?.(served.kind, where, name || undefined)
  if (conversion) await conversion
  const found = name ? only(attributes.objects.get(served.kind, name, where)) : selecting(attributes.objects.list(served.kind, where), selectorFrom(selector))
  if (found.length === 0 && parameterNotFoundAction === 'Deny') throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction')
  return found.map((object) => {
    const param = { ...object, apiVersion: served.apiVersion, kind: served.kindName }
    return served.convert ? { ...converted(served, param), apiVersion: served.apiVersion, kind: served.kindName } : param
  })
}
const only = (object: object | undefined): LooseObject[] => (object ? [object as LooseObject] : [])
const selecting = (objects: readonly object[], selector: ReturnType<typeof selectorFrom>): LooseObject[] =>
  (objects as readonly LooseObject[]).filter(({ metadata }) => selector.matches(metadata.labels))
