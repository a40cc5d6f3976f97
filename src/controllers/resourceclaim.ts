import { run } from '#client'
import type { Part } from './part.ts'
import { claimsOfPodsController } from './resourceclaims/claims-of-pods.ts'
import { reservationsController } from './resourceclaims/reservations.ts'

/** Makes the claims that pods ask for by template, and gives claims back when nobody uses them any more (KEP-4381). */
export const resourceClaims: Part = {
  name: 'resourceclaim', identity: 'resource-claim-controller', component: 'resource_claim',
  start(cluster, workers) {
    const more = workers === undefined ? {} : { workers }, stops = [run({ ...claimsOfPodsController(), ...more }, cluster), run({ ...reservationsController(), ...more }, cluster)]
    return async () => { await Promise.all(stops.map((stop) => stop())) }
  },
}
