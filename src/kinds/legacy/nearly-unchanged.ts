// Versions that differ from today's in little or nothing.
import { s, type FieldError, type Fields, type Kind, type LooseObject, type ServedVersion } from '#machinery'
import { apiService } from '../apiregistration/apiservice.ts'
import { selfSubjectReview } from '../authentication/selfsubjectreview.ts'
import { tokenReview } from '../authentication/tokenreview.ts'
import { localSubjectAccessReview } from '../authorization/localsubjectaccessreview.ts'
import { selfSubjectAccessReview } from '../authorization/selfsubjectaccessreview.ts'
import { selfSubjectRulesReview } from '../authorization/selfsubjectrulesreview.ts'
import { subjectAccessReview } from '../authorization/subjectaccessreview.ts'
import { cronJob, type CronJob } from '../batch/cronjob.ts'
import { defaultJobSpec } from '../batch/job-rules.ts'
import { certificateSigningRequest } from '../certificates/certificatesigningrequest.ts'
import { signingRequestIn, type SigningRequest } from '../certificates/signing-request.ts'
import { lease } from '../coordination/lease.ts'
import { event } from '../core/event.ts'
import { endpointSlice, type Endpoint } from '../discovery/endpointslice.ts'
import { flowSchema } from '../flowcontrol/flowschema.ts'
import { priorityLevelConfiguration, type LimitedPriorityLevelConfiguration, type PriorityLevelConfiguration } from '../flowcontrol/prioritylevelconfiguration.ts'
import { runtimeClass } from '../node/runtimeclass.ts'
import { priorityClass } from '../scheduling/priorityclass.ts'
import { csiDriver } from '../storage/csidriver.ts'
import { csiNode } from '../storage/csinode.ts'
import { csiStorageCapacity } from '../storage/csistoragecapacity.ts'
import { storageClass } from '../storage/storageclass.ts'
import { volumeAttachment } from '../storage/volumeattachment.ts'
import { volumeAttributesClass } from '../storage/volumeattributesclass.ts'
import { annotated, former, inOrder, without } from './former.ts'

type Versions = readonly ServedVersion<any>[] // allowed: one list for versions of many shapes
const at = (group: string, version: string) => ({ version, names: `io.k8s.api.${group}.${version}` })

const cronJobs: Versions = [
  former(cronJob, { ...at('batch', 'v1beta1'), orphans: true, shared: ['JobSpec'], deprecated: [21, 25] }),
  former(cronJob, {
    ...at('batch', 'v2alpha1'), orphans: true, shared: ['JobSpec'], deprecated: [8, 21],
    differences: { CronJobSpec: (fields) => without(fields, 'timeZone'), CronJobStatus: (fields) => without(fields, 'lastSuccessfulTime') },
    defaults: ({ spec }: CronJob) => {
      spec.concurrencyPolicy ||= 'Allow'
      spec.suspend ??= false
      defaultJobSpec(spec.jobTemplate.spec)
    },
  }),
]

/** Under its old name a signer could be left to the server. */
const legacySigner = 'kubernetes.io/legacy-unknown'
/** Requests of nodes are told by what they ask for; all others went to a signer that nobody knew more of. */
function signerOf(request: string, usages: readonly string[]): string {
  let asked: SigningRequest
  try { asked = signingRequestIn(request) } catch { return legacySigner } // validation says what is wrong with it
  const asks = usages.filter((usage) => usage !== 'key encipherment').sort().join()
  const isNode = asked.organizations.length === 1 && asked.organizations[0] === 'system:nodes' && asked.commonName.startsWith('system:node:')
  if (isNode && !asked.alternatives && asks === 'client auth,digital signature') return 'kubernetes.io/kube-apiserver-client-kubelet'
  return isNode && asked.alternatives && asks === 'digital signature,server auth' ? 'kubernetes.io/kubelet-serving' : legacySigner
}
const signingRequests: Versions = [former(certificateSigningRequest, {
  ...at('certificates', 'v1beta1'), deprecated: [19, 22],
  differences: { CertificateSigningRequestSpec: (fields) => ({ ...fields, signerName: s.string({ keepEmpty: true }) }), CertificateSigningRequestCondition: (fields) => ({ ...fields, status: s.string() }) },
  defaults: ({ spec, status }: { spec: { request?: string; signerName?: string; usages?: string[] }; status: { conditions?: { status?: string }[] } }) => {
    if (!spec.usages?.length) spec.usages = ['digital signature', 'key encipherment']
    spec.signerName ??= signerOf(spec.request ?? '', spec.usages)
    for (const condition of status.conditions ?? []) condition.status ||= 'True'
  },
  rules: { validate: (o, old, subresource) => (certificateSigningRequest.rules.validate?.(o, old, subresource) ?? []).filter((e: FieldError) => !e.message.includes('the legacy signerName is not allowed')) },
})]

const zone = 'topology.kubernetes.io/zone', hostname = 'kubernetes.io/hostname'
type OldEndpoint = Omit<Endpoint, 'zone' | 'deprecatedTopology'> & { topology?: Record<string, string> }
function endpointIn({ topology, ...endpoint }: OldEndpoint): Endpoint {
  if (!topology) return endpoint
  const rest = Object.entries(topology).filter(([key, value]) => key !== zone && !(key === hostname && value === endpoint.nodeName))
  return { ...endpoint, ...(rest.length > 0 && { deprecatedTopology: Object.fromEntries(rest) }), ...(topology[zone] !== undefined && { zone: topology[zone] }) }
}
function endpointOut({ deprecatedTopology, zone: where, ...endpoint }: Endpoint): OldEndpoint {
  const topology = { ...deprecatedTopology, ...(where !== undefined && { [zone]: where }), ...(endpoint.nodeName !== undefined && { [hostname]: endpoint.nodeName }) }
  return { ...endpoint, ...(Object.keys(topology).length > 0 && { topology }) }
}
/** Its clients may write topology, which those of today may not. */
const keepsTopology = { prepareCreate: () => {}, prepareUpdate: () => {} }
const slices: Versions = [
  former(endpointSlice, {
    ...at('discovery', 'v1beta1'), deprecated: [21, 25],
    differences: { Endpoint: (fields) => inOrder({ ...without(fields, 'deprecatedTopology', 'zone'), topology: s.map(s.string()) }) },
    from: (o: LooseObject & { endpoints?: OldEndpoint[] | null }) => ({ ...o, endpoints: o.endpoints?.map(endpointIn) ?? null }),
    to: (o: LooseObject & { endpoints?: Endpoint[] | null }) => ({ ...o, endpoints: o.endpoints?.map(endpointOut) ?? null }),
    rules: keepsTopology,
  }),
]

interface OldRuntimeClass extends LooseObject { spec: { runtimeHandler: string; overhead?: object; scheduling?: object } }
const runtimeClasses: Versions = [
  former(runtimeClass, { ...at('node', 'v1beta1'), deprecated: [22, 25] }),
  former(runtimeClass, {
    ...at('node', 'v1alpha1'), deprecated: [20, 23],
    differences: {
      RuntimeClass: ({ handler, overhead, scheduling, ...fields }: Fields) => ({
        ...fields, spec: s.required(s.value(s.object('io.k8s.api.node.v1alpha1.RuntimeClassSpec', { overhead: overhead!, runtimeHandler: handler!, scheduling: scheduling! }))),
      }),
    },
    from: ({ spec: { runtimeHandler, ...spec }, ...o }: OldRuntimeClass) => ({ ...o, handler: runtimeHandler, ...spec }),
    to: ({ handler, overhead, scheduling, ...o }: LooseObject) => ({ ...o, spec: { ...(overhead !== undefined && { overhead }), runtimeHandler: handler, ...(scheduling !== undefined && { scheduling }) } }),
  }),
]

/** The share of a level was called assured and could not be 0: that meant the default. */
type OldLimited = Omit<LimitedPriorityLevelConfiguration, 'nominalConcurrencyShares'> & { assuredConcurrencyShares?: number }
type OldLevel = LooseObject & { spec: { limited?: OldLimited } }
const defaultLevel = (o: OldLevel) => {
  const { limited } = o.spec
  if (limited) limited.assuredConcurrencyShares ||= 30
  priorityLevelConfiguration.rules.defaults?.(o as never)
}
const assured = (version: string, deprecated: readonly [number, number], missing: readonly string[] = []) => former(priorityLevelConfiguration, {
  ...at('flowcontrol', version), deprecated,
  differences: {
    LimitedPriorityLevelConfiguration: (fields) => inOrder({ ...without(fields, 'nominalConcurrencyShares', ...missing), assuredConcurrencyShares: s.int({ default: 0 }) }),
    PriorityLevelConfigurationSpec: (fields) => without(fields, ...(missing.length > 0 ? ['exempt'] : [])),
  },
  defaults: (o: OldLevel) => {
    defaultLevel(o)
    delete (o.spec.limited as LimitedPriorityLevelConfiguration | undefined)?.nominalConcurrencyShares
  },
  from: (o: OldLevel) => {
    const { assuredConcurrencyShares: nominalConcurrencyShares, ...limited } = o.spec.limited ?? {}
    return o.spec.limited ? { ...o, spec: { ...o.spec, limited: { lendablePercent: 0, ...limited, nominalConcurrencyShares } } } : o
  },
  to: (o: PriorityLevelConfiguration) => {
    const { nominalConcurrencyShares: assuredConcurrencyShares, ...limited } = o.spec.limited ?? {}
    return o.spec.limited ? { ...o, spec: { ...o.spec, limited: { ...limited, assuredConcurrencyShares } } } : o
  },
})
/** A share of 0 is kept only where an annotation says that it is meant. */
const zeroKey = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares'
const levels: Versions = [
  former(priorityLevelConfiguration, {
    ...at('flowcontrol', 'v1beta3'), deprecated: [29, 32],
    defaults: (o: PriorityLevelConfiguration) => {
      const { limited } = o.spec
      if (limited && limited.nominalConcurrencyShares === 0 && o.metadata.annotations?.[zeroKey] === undefined) limited.nominalConcurrencyShares = 30
      priorityLevelConfiguration.rules.defaults?.(o)
    },
    from: (o: PriorityLevelConfiguration) => annotated(o, { [zeroKey]: undefined }),
    to: (o: PriorityLevelConfiguration) => (o.spec.limited?.nominalConcurrencyShares === 0 ? annotated(o, { [zeroKey]: '' }) : o),
  }),
  assured('v1beta2', [26, 29]), assured('v1beta1', [23, 26]), assured('v1alpha1', [20, 24], ['borrowingLimitPercent', 'lendablePercent']),
]

/** The groups of a subject were one word. */
const subjects = (kind: Kind): Versions => [former(kind, {
  ...at('authorization', 'v1beta1'), shared: ['FieldSelectorAttributes', 'LabelSelectorAttributes'], deprecated: [19, 22],
  differences: { SubjectAccessReviewSpec: ({ groups, ...fields }: Fields) => inOrder({ ...fields, group: groups! }) },
  from: ({ spec: { group, ...spec }, ...o }: LooseObject & { spec: { group?: string[] } }) => ({ ...o, spec: { ...spec, ...(group && { groups: group }) } }),
  to: ({ spec: { groups, ...spec }, ...o }: LooseObject & { spec: { groups?: string[] } }) => ({ ...o, spec: { ...spec, ...(groups && { group: groups }) } }),
})]

/** The same in every field: [kind, definitions, version, deprecated, removed]. */
const unchanged: readonly (readonly [Kind, string, string, number, number])[] = [
  [lease, 'coordination', 'v1beta1', 19, 22], [priorityClass, 'scheduling', 'v1beta1', 14, 22], [priorityClass, 'scheduling', 'v1alpha1', 14, 22],
  [storageClass, 'storage', 'v1beta1', 19, 22], [volumeAttachment, 'storage', 'v1beta1', 19, 22], [volumeAttachment, 'storage', 'v1alpha1', 21, 24], [csiNode, 'storage', 'v1beta1', 19, 22],
  [csiDriver, 'storage', 'v1beta1', 19, 22], [csiStorageCapacity, 'storage', 'v1beta1', 24, 27], [csiStorageCapacity, 'storage', 'v1alpha1', 21, 24],
  [volumeAttributesClass, 'storage', 'v1alpha1', 32, 35],
  [tokenReview, 'authentication', 'v1beta1', 19, 22], [selfSubjectReview, 'authentication', 'v1beta1', 30, 33], [selfSubjectReview, 'authentication', 'v1alpha1', 27, 30],
  [selfSubjectAccessReview, 'authorization', 'v1beta1', 19, 22], [selfSubjectRulesReview, 'authorization', 'v1beta1', 19, 22],
  [flowSchema, 'flowcontrol', 'v1beta3', 29, 32], [flowSchema, 'flowcontrol', 'v1beta2', 26, 29], [flowSchema, 'flowcontrol', 'v1beta1', 23, 26], [flowSchema, 'flowcontrol', 'v1alpha1', 20, 24],
]

export const nearlyUnchanged: readonly (readonly [Kind, Versions])[] = [
  ...unchanged.map(([kind, group, version, since, gone]): [Kind, Versions] => [kind, [former(kind, { ...at(group, version), shared: ['FieldSelectorAttributes', 'LabelSelectorAttributes', ...(version === 'v1alpha1' ? ['UserInfo'] : [])], deprecated: [since, gone] })]]),
  [apiService, [former(apiService, { version: 'v1beta1', names: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1', deprecated: [19, 22] })]],
  [event, [former(event, { ...at('events', 'v1beta1'), deprecated: [19, 25], like: event.alsoServedAs[0]! })]],
  [cronJob, cronJobs], [certificateSigningRequest, signingRequests], [endpointSlice, slices], [runtimeClass, runtimeClasses], [priorityLevelConfiguration, levels],
  [subjectAccessReview, subjects(subjectAccessReview)], [localSubjectAccessReview, subjects(localSubjectAccessReview)],
]
