import { defineKind, invalidValue, isConfigMapKey, requiredValue, s, type FieldError, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { immutableField } from '../checks.ts'
import { validateStrategy } from './lease.ts'
import { compareVersions, semanticVersion, zero } from './versions.ts'

export const leaseCandidateSpec = s.object('io.k8s.api.coordination.v1beta1.LeaseCandidateSpec', {
  binaryVersion: s.required(s.string()),
  emulationVersion: s.string(),
  leaseName: s.required(s.string()),
  pingTime: s.microTime(),
  renewTime: s.microTime(),
  strategy: s.mandatory(s.string()),
})
export type LeaseCandidateSpec = Infer<typeof leaseCandidateSpec>

function validateCandidate({ spec }: { spec: LeaseCandidateSpec }, old?: { spec: LeaseCandidateSpec }): FieldError[] {
  const { leaseName, binaryVersion, emulationVersion = '', strategy } = spec, noVersion = 'must be a valid semantic version'
  const emulated = emulationVersion ? semanticVersion(emulationVersion) : zero, binary = binaryVersion ? semanticVersion(binaryVersion) : zero
  return [
    ...(leaseName ? [] : [requiredValue('spec.leaseName')]),
    ...(emulated ? [] : [invalidValue('spec.emulationVersion', emulationVersion, noVersion)]),
    ...(!binaryVersion ? [requiredValue('spec.binaryVersion')] : binary ? [] : [invalidValue('spec.binaryVersion', binaryVersion, noVersion)]),
    ...(binaryVersion && emulationVersion && compareVersions(binary ?? zero, emulated ?? zero) < 0 ? [invalidValue('spec.binaryVersion', binaryVersion, 'must be greater than or equal to `emulationVersion`')] : []),
    ...(!strategy ? [requiredValue('spec.strategy')] : [
      ...(strategy === 'OldestEmulationVersion' && compareVersions(emulated ?? zero, zero) === 0 ? [requiredValue('spec.emulationVersion', "must be specified when `strategy` is 'OldestEmulationVersion'")] : []),
      ...validateStrategy(strategy, 'spec.strategy'),
    ]),
    ...(old ? immutableField(leaseName, old.spec.leaseName, 'spec.leaseName') : []),
  ]
}

/** KEP-4355: who would like to hold a lease. */
export const leaseCandidate = defineKind({
  group: 'coordination.k8s.io', version: 'v1beta1', kind: 'LeaseCandidate', plural: 'leasecandidates',
  scope: 'Namespaced',
  definition: 'io.k8s.api.coordination.v1beta1.LeaseCandidate',
  deprecated: 'coordination.k8s.io/v1beta1 LeaseCandidate is deprecated in v1.36+, unavailable in v1.39+',
  createOnUpdate: true,
  versionRequiredOnUpdate: true,
  columns: [
    cells.name,
    { name: 'LeaseName', value: (o) => o.spec.leaseName },
    { name: 'BinaryVersion', value: (o) => o.spec.binaryVersion },
    { name: 'EmulationVersion', value: (o) => o.spec.emulationVersion ?? '' },
    cells.age,
  ],
  fields: {
    spec: s.required(s.value(leaseCandidateSpec)),
  },
  name: isConfigMapKey,
  validate: validateCandidate,
})
export type LeaseCandidate = ObjectOf<typeof leaseCandidate>
