import { defineKind, nameIsPathSegment, objectMeta, s, type AnyObject, type Column, type Infer, type InferFields, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { eventV1 } from '../events/event.ts'
import { eventSource } from './event-source.ts'
import { objectReference } from './references.ts'
import { validateEvent } from './validate-event.ts'

export const eventSeries = s.object('io.k8s.api.core.v1.EventSeries', {
  count: s.int(),
  lastObservedTime: s.microTime({ always: true }),
})
export type EventSeries = Infer<typeof eventSeries>

const eventFields = {
  action: s.string(),
  count: s.int(),
  eventTime: s.microTime({ always: true }),
  firstTimestamp: s.time({ always: true }),
  involvedObject: s.required(s.value(objectReference)),
  lastTimestamp: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  related: objectReference,
  reportingComponent: s.string({ default: '' }),
  reportingInstance: s.string({ default: '' }),
  series: eventSeries,
  source: s.value(eventSource),
  type: s.string(),
}
/** An event as it is stored, whichever version it came in. */
export type EventBody = AnyObject & InferFields<typeof eventFields>

const first = (o: EventBody, now: number): string => cells.since(o.firstTimestamp || o.eventTime, now)
const last = (o: EventBody, now: number): string =>
  (o.series ? cells.since(o.series.lastObservedTime, now) : o.lastTimestamp ? cells.since(o.lastTimestamp, now) : first(o, now))
const columns: readonly Column<EventBody>[] = [
  { name: 'Last Seen', value: last },
  { name: 'Type', value: (o) => o.type ?? '' },
  { name: 'Reason', value: (o) => o.reason ?? '' },
  { name: 'Object', value: ({ involvedObject: { kind = '', name } }) => `${kind.toLowerCase()}${name ? `/${name}` : ''}` },
  { name: 'Subobject', priority: 1, value: (o) => o.involvedObject.fieldPath ?? '' },
  { name: 'Source', priority: 1, value: (o) => {
    const component = o.source.component || o.reportingComponent, instance = o.source.host || o.reportingInstance
    return instance ? `${component}, ${instance}` : component
  } },
  { name: 'Message', value: (o) => (o.message ?? '').trim() },
  { name: 'First Seen', priority: 1, value: first },
  { name: 'Count', priority: 1, value: (o) => (o.series ? o.series.count ?? 0 : o.count || 1) },
  { ...cells.name, priority: 1 },
]

type Read = Record<string, (o: EventBody) => string>
const object = (prefix: string): Read => Object.fromEntries((['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const)
  .map((field) => [`${prefix}.${field}`, (o: EventBody) => o.involvedObject[field] ?? '']))
const common: Read = { reason: (o) => o.reason ?? '', type: (o) => o.type ?? '' }

export const event = defineKind({
  group: '', version: 'v1', kind: 'Event', plural: 'events',
  shortNames: ['ev'], scope: 'Namespaced', deletePolicy: 'Unsupported',
  definition: 'io.k8s.api.core.v1.Event',
  ttlSeconds: 3600,
  createOnUpdate: true,
  fields: { metadata: s.required(s.value(objectMeta)), ...eventFields },
  columns,
  selectable: {
    ...object('involvedObject'), ...common,
    reportingComponent: (o) => o.reportingComponent,
    source: (o) => o.source.component || o.reportingComponent,
  },
  name: nameIsPathSegment, anyFinalizer: true, onUpdate: ['rules'],
  validate: (o) => validateEvent(o),
  alsoServedAs: [{ ...eventV1, selectable: { ...object('regarding'), ...common, reportingController: (o) => o.reportingComponent } }],
})
export type Event = ObjectOf<typeof event>
