// Devices as rules taint them: as if their drivers had.
import type { DeviceTaintRule } from './devicetaintrule.ts'
import type { Device, ResourceSlice } from './resourceslice.ts'

type Place = Pick<ResourceSlice['spec'], 'driver'> & { readonly pool: string }
/** Whether the rule means this device; without a selector it means none. */
export function meansDevice({ spec: { deviceSelector: chosen } }: DeviceTaintRule, { driver, pool }: Place, device: string): boolean {
  return chosen !== undefined && (chosen.driver ?? driver) === driver && (chosen.pool ?? pool) === pool && (chosen.device ?? device) === device
}

const made = new WeakMap<ResourceSlice, { readonly rules: readonly DeviceTaintRule[]; readonly tainted: ResourceSlice }>()
/** The slice with the taints of these rules on its devices: itself, where they mean none of them; the same as before, while they are the same. */
export function tainted(slice: ResourceSlice, rules: readonly DeviceTaintRule[]): ResourceSlice {
  const { driver, pool: { name: pool }, devices = [] } = slice.spec, place = { driver, pool }
  const meant = rules.filter((rule) => devices.some(({ name }) => meansDevice(rule, place, name)))
  if (meant.length === 0) return slice
  const known = made.get(slice)
  if (known && known.rules.length === meant.length && known.rules.every((rule, i) => rule === meant[i])) return known.tainted
  const withTaints = (device: Device): Device => {
    const more = meant.filter((rule) => meansDevice(rule, place, device.name)).map(({ spec }) => spec.taint)
    return more.length > 0 ? { ...device, taints: [...device.taints ?? [], ...more] } : device
  }
  const now: ResourceSlice = { ...slice, spec: { ...slice.spec, devices: devices.map(withTaints) } }
  made.set(slice, { rules: meant, tainted: now })
  return now
}
