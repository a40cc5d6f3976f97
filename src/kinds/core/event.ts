import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import { objectReference } from './references.ts'

export const eventSeries = s.object('io.k8s.api.core.v1.EventSeries', {
  count: s.int(),
  lastObservedTime: s.microTime(),
})
export type EventSeries = Infer<typeof eventSeries>

export const eventSource = s.object('io.k8s.api.core.v1.EventSource', {
  component: s.string(),
  host: s.string(),
})
export type EventSource = Infer<typeof eventSource>

export const event = defineKind({
  group: '', version: 'v1', kind: 'Event', plural: 'events',
  shortNames: ['ev'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.Event',
  fields: {
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
  },
})
export type Event = ObjectOf<typeof event>
