// A device as selectors of devices see it: attributes and capacity by domain and name.
import { readDynamic } from '../json-values.ts'
import { DomainMap } from '../values.ts'
import { quantityValue } from './quantities.ts'
import { versionValue } from './semantic-versions.ts'

interface Attribute { readonly string?: string | undefined; readonly bool?: boolean | undefined; readonly int?: unknown; readonly version?: string | undefined }
export interface DeviceForCel {
  readonly driver: string
  readonly allowMultipleAllocations?: boolean | undefined
  readonly attributes?: Readonly<Record<string, Attribute>> | undefined
  readonly capacity?: Readonly<Record<string, { readonly value: string }>> | undefined
}

/** The variable `device`. Names without a domain are the driver's own. Throws CelError for what cannot be read. */
export function deviceVariable({ driver, attributes = {}, capacity = {}, allowMultipleAllocations = false }: DeviceForCel): Readonly<Record<string, unknown>> {
  return { driver, allowMultipleAllocations,
    attributes: byDomain(driver, attributes, ({ string, bool, int, version }) => string ?? bool ?? int ?? (version === undefined ? null : versionValue(version))),
    capacity: byDomain(driver, capacity, ({ value }) => quantityValue(value)) }
}
function byDomain<T>(driver: string, values: Readonly<Record<string, T>>, read: (value: T) => unknown): DomainMap {
  const domains: Record<string, Record<string, unknown>> = {}
  for (const [name, value] of Object.entries(values)) {
    const slash = name.indexOf('/')
    ;(domains[slash < 0 ? driver : name.slice(0, slash)] ??= {})[name.slice(slash + 1)] = read(value)
  }
  return new DomainMap(domains, readDynamic)
}
