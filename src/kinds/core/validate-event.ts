import { invalidValue, isQualifiedName, requiredValue, same, takesMore, type FieldError } from '#machinery'
import { validateDNSSubdomain } from '../checks.ts'
import { goForm } from '../go-diff.ts'
import { eventSourceForm, objectReferenceForm } from '../go-forms.ts'
import type { EventBody } from './event.ts'

const wordLimit = 128, messageLimit = 1024

/** The rules of core/v1 events, which hold for all. Those with an eventTime came with the new API and must say more. */
export const validateEvent = (event: EventBody, controllerField = 'reportingComponent'): FieldError[] => {
  const errors: FieldError[] = []
  const { involvedObject, metadata, reportingComponent, reportingInstance, action = '', reason = '', message = '' } = event
  const namespace = involvedObject.namespace ?? '', own = metadata.namespace ?? ''
  const mismatch = () => errors.push(invalidValue('involvedObject.namespace', namespace, 'does not match event.namespace'))
  const tooLong = (field: string, limit: number) => errors.push(invalidValue(field, '', `can have at most ${limit} characters`))
  if (!event.eventTime) {
    if (namespace ? namespace !== own : own !== '' && own !== 'default') mismatch()
  } else {
    if (!namespace && own !== 'default' && own !== 'kube-system') mismatch()
    if (!reportingComponent) errors.push(requiredValue(controllerField))
    for (const why of isQualifiedName(reportingComponent)) errors.push(invalidValue(controllerField, reportingComponent, why))
    if (!reportingInstance) errors.push(requiredValue('reportingInstance'))
    if (takesMore(reportingInstance, wordLimit)) tooLong('repotingIntance', wordLimit)
    if (!action) errors.push(requiredValue('action'))
    if (takesMore(action, wordLimit)) tooLong('action', wordLimit)
    if (!reason) errors.push(requiredValue('reason'))
    if (takesMore(reason, wordLimit)) tooLong('reason', wordLimit)
    if (takesMore(message, messageLimit)) tooLong('message', messageLimit)
  }
  if (own) errors.push(...validateDNSSubdomain(own, 'namespace'))
  return errors
}

const text = (value: unknown): unknown => value ?? '', source = (value: unknown): unknown => goForm(eventSourceForm, (value ?? {}) as object)
const reference = (value: unknown): unknown => value && goForm(objectReferenceForm, value as object)
/** What of a new-style event stays as it is, how messages call it and how they show it; in the reference's order, in which the reason comes twice. */
const fixed: readonly (readonly [field: keyof EventBody & string, shown?: (value: unknown) => unknown, called?: string])[] = [
  ['involvedObject', reference], ['reason', text], ['message', text], ['source', source], ['firstTimestamp'], ['lastTimestamp'],
  ['count', (value) => value ?? 0], ['reason', text], ['type', text],
  ['eventTime'], ['action', text], ['related', reference], ['reportingComponent', text, 'reportingController'], ['reportingInstance', text],
]
/** The rules of events.k8s.io/v1. */
export function validateNewEvent(event: EventBody, old?: EventBody): FieldError[] {
  const errors = validateEvent(event, 'reportingController')
  if (old) return errors
  errors.push(...validateSeries(event))
  if (!event.eventTime) errors.push(requiredValue('eventTime'))
  if (event.type !== 'Normal' && event.type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${event.type ?? ''}`))
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'] as const) if (event[field]) errors.push(invalidValue(field, '', 'needs to be unset'))
  if (event.source.component || event.source.host) errors.push(invalidValue('source', '', 'needs to be unset'))
  return errors
}
export const validateNewEventChange = (event: EventBody, old: EventBody): FieldError[] => [
  ...(same(event.series, old.series) ? [] : validateSeries(event)),
  ...fixed.flatMap(([field, shown = (value: unknown) => value ?? null, called = field]) =>
    (same(shown(event[field]), shown(old[field])) ? [] : [invalidValue(called, shown(event[field]), 'field is immutable')])),
]
function validateSeries({ series }: EventBody): FieldError[] {
  if (!series) return []
  return [...((series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [requiredValue('series.lastObservedTime')])]
}
