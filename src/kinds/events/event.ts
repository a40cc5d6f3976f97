import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import { eventSource } from '../core/event.ts'
import { objectReference } from '../core/references.ts'

export const eventsEventSeries = s.object('io.k8s.api.events.v1.EventSeries', {
  count: s.required(s.int()),
  lastObservedTime: s.required(s.microTime()),
})
export type EventsEventSeries = Infer<typeof eventsEventSeries>

export const eventV1 = defineKind({
  group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events',
  shortNames: ['ev'], scope: 'Namespaced',
  definition: 'io.k8s.api.events.v1.Event',
  fields: {
    action: s.string(),
    deprecatedCount: s.int(),
    deprecatedFirstTimestamp: s.time(),
    deprecatedLastTimestamp: s.time(),
    deprecatedSource: s.value(eventSource),
    eventTime: s.required(s.microTime()),
    note: s.string(),
    reason: s.string(),
    regarding: s.value(objectReference),
    related: objectReference,
    reportingController: s.string(),
    reportingInstance: s.string(),
    series: eventsEventSeries,
    type: s.string(),
  },
})
export type EventV1 = ObjectOf<typeof eventV1>
