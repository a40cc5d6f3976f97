import { defineKind, forbiddenValue, invalidValue, isQualifiedName, s, type Features, type FieldError, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { atLeastZero, failing, oneOf } from '../checks.ts'

export const leaseSpec = s.object('io.k8s.api.coordination.v1.LeaseSpec', {
  acquireTime: s.microTime(),
  holderIdentity: s.string({ keepEmpty: true }),
  leaseDurationSeconds: s.int({ keepEmpty: true }),
  leaseTransitions: s.int({ keepEmpty: true }),
  preferredHolder: s.string({ keepEmpty: true }),
  renewTime: s.microTime(),
  strategy: s.string({ keepEmpty: true }),
})
export type LeaseSpec = Infer<typeof leaseSpec>

/** What belongs to coordinated leader election is not kept while that is off, unless it is there already. */
function dropCoordination(spec: LeaseSpec, features?: Features, old?: LeaseSpec): void {
  if (features?.has('CoordinatedLeaderElection')) return
  if (old?.strategy === undefined) delete spec.strategy
  if (old?.preferredHolder === undefined) delete spec.preferredHolder
}

/** A name of Kubernetes' own, or one with a domain. */
export const validateStrategy = (strategy: string, at: string): FieldError[] =>
  (strategy.includes('/') ? failing(isQualifiedName, strategy, `${at}.strategy`) : oneOf(strategy, ['OldestEmulationVersion'], `${at}.strategy`))

export const lease = defineKind({
  group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases',
  scope: 'Namespaced',
  definition: 'io.k8s.api.coordination.v1.Lease',
  createOnUpdate: true,
  versionRequiredOnUpdate: true,
  columns: [cells.name, { name: 'Holder', value: (o) => o.spec.holderIdentity ?? '' }, cells.age],
  fields: {
    spec: s.value(leaseSpec),
  },
  prepareCreate: (o, _user, features) => dropCoordination(o.spec, features),
  prepareUpdate: (o, old, _subresource, _now, features) => dropCoordination(o.spec, features, old.spec),
  validate: ({ spec: { leaseDurationSeconds: seconds, leaseTransitions: changes, strategy, preferredHolder } }) => [
    ...(seconds !== undefined && seconds <= 0 ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')] : []),
    ...atLeastZero(changes, 'spec.leaseTransitions'),
    ...(strategy === undefined ? [] : validateStrategy(strategy, 'spec.strategy')),
    ...(preferredHolder && !strategy ? [forbiddenValue('spec.preferredHolder', 'may only be specified if `strategy` is defined')] : []),
  ],
})
export type Lease = ObjectOf<typeof lease>
