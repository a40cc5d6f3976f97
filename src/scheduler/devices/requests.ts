// What claims ask for, in one form for exact requests and alternatives.
import type { DeviceClass, DeviceRequest, DeviceResourceClaim, DeviceSelector, DeviceToleration } from '#kinds'

export interface Request {
  readonly name: string
  /** Of which request it is an alternative; '': of none. */
  readonly parent: string
  readonly class: DeviceClass
  readonly all: boolean
  readonly count: number
  readonly adminAccess: boolean
  readonly selectors: readonly DeviceSelector[]
  readonly tolerations?: readonly DeviceToleration[]
  readonly capacity?: Readonly<Record<string, string>>
}
/** As results and configurations name it. */
export const fullName = ({ parent, name }: Request): string => (parent ? `${parent}/${name}` : name)
export const claimName = ({ metadata: { namespace = '', name } }: DeviceResourceClaim): string => `${namespace}/${name}`

/** The alternatives of a request, best first. Throws an Error for what cannot be read. */
export function alternativesOf(claim: DeviceResourceClaim, { name, exactly, firstAvailable = [] }: DeviceRequest, classOf: (name: string) => DeviceClass | undefined): readonly Request[] {
  const given = exactly ? [{ ...exactly, name, parent: '' }] : firstAvailable.map((one) => ({ ...one, adminAccess: false, parent: name }))
  return given.map((one) => {
    const fail = (why: string): never => { throw new Error(`claim ${claimName(claim)}, request ${one.name}${why}`) }
    const { selectors = [], deviceClassName, allocationMode = 'ExactCount', count = 1, tolerations, capacity } = one
    selectors.forEach(({ cel }, i) => { if (!cel) fail(`, selector #${i}: CEL expression empty (unsupported selector type?)`) })
    if (!deviceClassName) fail(': missing device class name (unsupported request type?)')
    if (allocationMode !== 'ExactCount' && allocationMode !== 'All') fail(`: unsupported count mode ${allocationMode}`)
    const deviceClass = classOf(deviceClassName) ?? fail(`: could not retrieve device class ${deviceClassName}: deviceclass.resource.k8s.io ${JSON.stringify(deviceClassName)} not found`)
    return { name: one.name, parent: one.parent, class: deviceClass, all: allocationMode === 'All', count: Number(count), adminAccess: one.adminAccess ?? false, selectors,
      ...(tolerations && { tolerations }), ...(capacity?.requests && { capacity: capacity.requests }) }
  })
}
