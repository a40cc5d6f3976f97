// events.k8s.io/v1: another way to write the events of the core group, which are what is stored.
import { nameIsDNSSubdomain, s, wholeObject, type AnyObject, type Infer, type InferFields, type ServedVersion } from '#machinery'
import { eventSource } from '../core/event-source.ts'
import type { EventBody } from '../core/event.ts'
import { objectReference } from '../core/references.ts'
import { validateNewEvent, validateNewEventChange } from '../core/validate-event.ts'

export const eventsEventSeries = s.object('io.k8s.api.events.v1.EventSeries', {
  count: s.required(s.int()),
  lastObservedTime: s.required(s.microTime()),
})
export type EventsEventSeries = Infer<typeof eventsEventSeries>

const eventV1Fields = {
  action: s.string(),
  deprecatedCount: s.int(),
  deprecatedFirstTimestamp: s.time({ always: true }),
  deprecatedLastTimestamp: s.time({ always: true }),
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
}
export type EventV1 = AnyObject & InferFields<typeof eventV1Fields>

const definition = 'io.k8s.api.events.v1.Event'
export const eventV1: ServedVersion<EventBody> = {
  group: 'events.k8s.io', version: 'v1', definition, schema: wholeObject(definition, eventV1Fields),
  from: ({ deprecatedCount, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedSource, note, regarding, reportingController, ...rest }: EventV1) => ({
    ...rest, apiVersion: 'v1', involvedObject: regarding, source: deprecatedSource, reportingComponent: reportingController ?? '', reportingInstance: rest.reportingInstance ?? '',
    firstTimestamp: deprecatedFirstTimestamp, lastTimestamp: deprecatedLastTimestamp,
    ...(deprecatedCount !== undefined && { count: deprecatedCount }), ...(note !== undefined && { message: note }),
  }) as EventBody,
  to: ({ count, firstTimestamp, lastTimestamp, source, message, involvedObject, reportingComponent, reportingInstance, ...rest }: EventBody): EventV1 => ({
    ...rest, apiVersion: 'events.k8s.io/v1', regarding: involvedObject, deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp, deprecatedLastTimestamp: lastTimestamp,
    ...(count !== undefined && { deprecatedCount: count }), ...(message !== undefined && { note: message }),
    ...(reportingComponent && { reportingController: reportingComponent }), ...(reportingInstance && { reportingInstance }),
  }) as EventV1,
  rules: { name: nameIsDNSSubdomain, anyFinalizer: false, onUpdate: ['rules', 'kept', 'change'], validate: validateNewEvent, validateChange: validateNewEventChange },
}
