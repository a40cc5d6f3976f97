// A patch may make of a custom resource one of another version: it is then read as that version has it, and taken back to the one that was asked for.
import { ApiError, quote, type DecodeOptions, type LooseObject } from '#machinery'
import { inForm } from './body.ts'
import type { Registry, Served } from './served.ts'

/** Whether a patched object says that it is of another version (or group) than the one that was asked for. */
export function saysAnotherVersion(served: Served, result: unknown): result is { readonly apiVersion: string; readonly kind: string } {
  const { kind, apiVersion } = (result ?? {}) as { kind?: unknown; apiVersion?: unknown }
  return served.custom !== undefined && kind === served.kindName && typeof apiVersion === 'string' && apiVersion !== '' && apiVersion !== served.apiVersion
}

/** The object in the version that was asked for. Rejects with what `refuse` makes of the reason. */
export async function fromAnotherVersion(registry: Registry, served: Served, result: { readonly apiVersion: string; readonly kind: string }, options: DecodeOptions, refuse: (why: string) => ApiError): Promise<LooseObject> {
  const { apiVersion, kind } = result, at = apiVersion.indexOf('/'), group = apiVersion.slice(0, Math.max(at, 0)), version = apiVersion.slice(at + 1)
  if (group !== served.group) throw refuse(`${group}/${version}, Kind=${kind} is unstructured and is not suitable for converting to ${quote(served.apiVersion)}`)
  const other = registry.find(group, version, served.resource)
  if (!other?.custom) throw refuse(`request to convert CR from an invalid group/version: ${apiVersion}`)
  const object = inForm(result, other, options, refuse)
  // What the version asked for does not know is lost when the object is stored.
  const known = (converted: LooseObject) => inForm(converted, served, {}, refuse)
  if (!other.custom.convert) return known({ ...object, apiVersion: served.apiVersion })
  try {
    return known(await other.custom.convert(object, served.apiVersion))
  } catch (error) {
    throw error instanceof ApiError ? refuse(error.message) : error
  }
}
