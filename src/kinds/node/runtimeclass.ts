import { defineKind, duplicateValue, requiredValue, s, same, validateLabels, type FieldError, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { immutableField, validateDNSLabel } from '../checks.ts'
import { toleration } from '../core/pod/affinity.ts'
import { validateTolerations } from '../core/pod/validate-affinity.ts'
import { labelWarnings } from '../core/pod/warnings.ts'
import { validateContainerResources } from '../core/validate-resources.ts'
import { goForm } from '../go-diff.ts'
import { tolerationForm } from '../go-forms.ts'

export const overhead = s.object('io.k8s.api.node.v1.Overhead', {
  podFixed: s.map(s.quantity()),
})
export type Overhead = Infer<typeof overhead>

export const scheduling = s.object('io.k8s.api.node.v1.Scheduling', {
  nodeSelector: s.map(s.string(), { mapType: 'atomic' }),
  tolerations: s.list(toleration, { listType: 'atomic' }),
})
export type Scheduling = Infer<typeof scheduling>

interface RuntimeClassLike { readonly handler: string; readonly overhead?: Overhead; readonly scheduling?: Scheduling }
const validateRuntimeClass = ({ handler, overhead, scheduling }: RuntimeClassLike): FieldError[] => [
  ...(handler ? validateDNSLabel(handler, 'handler') : [requiredValue('handler')]),
  ...(overhead?.podFixed ? validateContainerResources({ limits: overhead.podFixed }, new Set(), 'overhead') : []),
  ...(scheduling ? validateScheduling(scheduling) : []),
]
function validateScheduling({ nodeSelector, tolerations = [] }: Scheduling): FieldError[] {
  const at = 'scheduling.tolerations'
  return [
    ...validateLabels(nodeSelector, 'scheduling.nodeSelector'), ...validateTolerations(tolerations, at),
    ...tolerations.flatMap((t, i) => (tolerations.slice(0, i).some((other) => same(other, t)) ? [duplicateValue(`${at}[${i}]`, goForm(tolerationForm, t))] : [])),
  ]
}

export const runtimeClass = defineKind({
  group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass', plural: 'runtimeclasses',
  scope: 'Cluster',
  definition: 'io.k8s.api.node.v1.RuntimeClass',
  createOnUpdate: true,
  versionRequiredOnUpdate: true, onUpdate: ['meta', 'rules', 'kept', 'change'],
  columns: [cells.name, { name: 'Handler', value: (o) => o.handler }, cells.age],
  fields: {
    handler: s.required(s.string()),
    overhead: overhead,
    scheduling: scheduling,
  },
  validate: validateRuntimeClass,
  validateChange: ({ handler }, old) => immutableField(handler, old.handler, 'handler'),
  warnings: (o) => labelWarnings(Object.keys(o.scheduling?.nodeSelector ?? {}).sort(), () => 'scheduling.nodeSelector'),
})
export type RuntimeClass = ObjectOf<typeof runtimeClass>
