import { defineKind, s, type ObjectOf } from '#machinery'
import { podColumns, podRowConditions } from './cells.ts'
import { defaultPod } from './defaults.ts'
import { gracePeriod } from './grace-period.ts'
import { preparePod, preparePodUpdate } from './prepare.ts'
import { podSpec } from './spec.ts'
import { podStatus } from './status.ts'
import { validatePod } from './validate-pod.ts'
import { podStatusWarnings, podWarnings } from './warnings.ts'

export const pod = defineKind({
  group: '', version: 'v1', kind: 'Pod', plural: 'pods',
  shortNames: ['po'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.Pod',
  returnsDeleted: true,
  onUpdate: ['kept', 'meta', 'rules'], onUpdateOf: { ephemeralcontainers: ['kept', 'meta', 'rules'], resize: ['kept', 'meta', 'rules'] },
  generation: true,
  gracePeriod,
  columns: podColumns,
  rowConditions: podRowConditions,
  selectable: {
    'spec.nodeName': (o) => o.spec.nodeName ?? '',
    'spec.restartPolicy': (o) => o.spec.restartPolicy ?? '',
    'spec.schedulerName': (o) => o.spec.schedulerName ?? '',
    'spec.serviceAccountName': (o) => o.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (o) => String(o.spec.hostNetwork ?? false),
    'status.phase': (o) => o.status.phase ?? '',
    'status.podIP': (o) => o.status.podIPs?.[0]?.ip ?? '',
    'status.podIPs': () => '',
    'status.nominatedNodeName': (o) => o.status.nominatedNodeName ?? '',
  },
  subresources: { status: true },
  fields: {
    spec: s.value(podSpec),
    status: s.value(podStatus),
  },
  defaults: defaultPod, defaultsOf: 'spec',
  prepareCreate: preparePod,
  prepareUpdate: preparePodUpdate,
  validate: validatePod,
  warnings: podWarnings,
  statusWarnings: podStatusWarnings,
})
export type Pod = ObjectOf<typeof pod>
