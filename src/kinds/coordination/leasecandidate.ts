import { defineKind, invalidValue, isConfigMapKey, requiredValue, s, type FieldError, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { immutableField } from '../checks.ts'
import { validateStrategy } from './lease.ts'

export const leaseCandidateSpec = s.object('io.k8s.api.coordination.v1beta1.LeaseCandidateSpec', {
  binaryVersion: s.required(s.string()),
  emulationVersion: s.string(),
  leaseName: s.required(s.string()),
  pingTime: s.microTime(),
  renewTime: s.microTime(),
  strategy: s.mandatory(s.string()),
})
export type LeaseCandidateSpec = Infer<typeof leaseCandidateSpec>

const semantic = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/
interface SemanticVersion { readonly numbers: readonly number[]; readonly before?: readonly string[] }
/** semver.org 2.0; undefined: it is none. */
function semanticVersion(text: string): SemanticVersion | undefined {
  const match = semantic.exec(text)
  return match ? { numbers: match.slice(1, 4).map(Number), ...(match[4] !== undefined && { before: match[4].split('.') }) } : undefined
}
const zero: SemanticVersion = { numbers: [0, 0, 0] }
/** Less than 0 where a comes before b. What is only about to become a version comes before it; in its parts numbers come before words. */
function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  for (let i = 0; i < 3; i++) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! - b.numbers[i]!
  if (!a.before || !b.before) return (a.before ? -1 : 0) - (b.before ? -1 : 0)
  for (let i = 0; i < Math.max(a.before.length, b.before.length); i++) {
    const x = a.before[i], y = b.before[i]
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    if (x === y) continue
    const [m, n] = [/^\d+$/.test(x), /^\d+$/.test(y)]
    return m && n ? Number(x) - Number(y) : m !== n ? (m ? -1 : 1) : x < y ? -1 : 1
  }
  return 0
}

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

/** KEP-4355: who would like to hold a lease. Nothing here chooses among them. */
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
