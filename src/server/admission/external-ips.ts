// Nobody may claim addresses for a service beyond those it has: it could take over the traffic to them.
import type { Service } from '#kinds'
import { on, refusal, type AdmissionPlugin } from './admission.ts'

export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  handles: on(['CREATE', 'UPDATE'], 'services'),
  validate(attributes) {
    const before = (attributes.old as Service | undefined)?.spec.externalIPs ?? []
    if (!((attributes.object as Service).spec.externalIPs ?? []).every((ip) => before.includes(ip))) throw refusal(attributes, 'Use of external IPs is denied by admission control')
  },
}
