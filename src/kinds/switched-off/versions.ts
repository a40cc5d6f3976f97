// Older versions of what is served by default: v1.36 still knows them, but serves them only where it is asked to.
import type { Kind, ServedVersion } from '#machinery'
import { mutatingAdmissionPolicy } from '../admissionregistration/mutatingadmissionpolicy.ts'
import { mutatingAdmissionPolicyBinding } from '../admissionregistration/mutatingadmissionpolicybinding.ts'
import { former } from '../legacy/former.ts'
import { ipAddress } from '../networking/ipaddress.ts'
import { serviceCIDR } from '../networking/servicecidr.ts'
import { volumeAttributesClass } from '../storage/volumeattributesclass.ts'
import { overtakenDevices } from './devices.ts'

type Overtaken = readonly [Kind, readonly ServedVersion<any>[]] // allowed: versions of many shapes in one table
const at = (group: string, version: string) => ({ version, names: `io.k8s.api.${group}.${version}` })

// The alpha version shows variables as another kind of map; v1beta1 is called deprecated from v1.37 on.
const policies = (kind: Kind): Overtaken => [kind, [former(kind, at('admissionregistration', 'v1beta1')),
  former(kind, { ...at('admissionregistration', 'v1alpha1'), schemas: { Variable: ({ mapType: _, ...schema }) => schema } })]]
const beta = (kind: Kind, group: string): Overtaken => [kind, [former(kind, { ...at(group, 'v1beta1'), deprecated: [34, 37] })]]

export const overtaken: readonly Overtaken[] = [
  policies(mutatingAdmissionPolicy), policies(mutatingAdmissionPolicyBinding), beta(ipAddress, 'networking'), beta(serviceCIDR, 'networking'), beta(volumeAttributesClass, 'storage'), ...overtakenDevices,
]
