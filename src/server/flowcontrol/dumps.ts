// /debug/api_priority_and_fairness/dump_*: what flow control is doing right now, as tables of text.
import { formatDuration } from '#machinery'
import { moment } from '../audit/event.ts'
import type { RequestContext } from '../context.ts'
import { pageNotFound, textAnswer } from '../respond.ts'
import { isTrue } from '../request.ts'
import type { PathHandler } from '../pipeline.ts'
import type { FlowControl } from './flow-control.ts'
import { workOf, type Asked } from './level.ts'

const prefix = '/debug/api_priority_and_fairness/'

export function flowControlDumps(control: FlowControl): PathHandler {
  return (_request, { path, query }) => {
    if (!path.startsWith(prefix)) return undefined
    switch (path.slice(prefix.length)) {
      case 'dump_priority_levels': return textAnswer(200, levels(control))
      case 'dump_queues': return textAnswer(200, queues(control))
      case 'dump_requests': return textAnswer(200, requests(control, isTrue(query.get('includeRequestDetails'))))
      default: return pageNotFound()
    }
  }
}

function levels(control: FlowControl): string {
  return columns(['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests', 'DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests'],
    [...control.levels].map((level) => [level.name, level.queues.filter(({ waiting, executing }) => waiting.length + executing > 0).length, level.isIdle, level.quiescing, level.waiting, level.executing.size,
      level.tally.dispatched, level.tally.rejected, level.tally.timedOut, level.tally.cancelled]))
}

function queues(control: FlowControl): string {
  const seatSeconds = (ms: number) => `${(ms / 1000).toFixed(8)}ss`
  return columns(['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR', 'InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum'],
    [...control.levels].flatMap(({ name, queues: all }) => all.map(({ index, waiting, executing, seats, nextDispatchR }) => {
      const sum = waiting.reduce((total, { asked }) => total + asked.width.seats, 0)
      return [name, index, waiting.length, executing, seats, seatSeconds(nextDispatchR), sum, sum, seatSeconds(waiting.reduce((total, { asked }) => total + workOf(asked.width), 0))]
    })))
}

function requests(control: FlowControl, details: boolean): string {
  const head = ['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime', 'InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime',
    ...(details ? ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource'] : [])]
  const row = (level: string, queue: number, place: number, { schema, distinguisher, arrived, width, about }: Asked, started: number | undefined): Cell[] => {
    const { info, user, impersonated, received } = about as RequestContext
    return [level, schema, queue, place, distinguisher, moment(arrived), width.extraMs > 0 ? 1 : width.seats, width.extraMs > 0 ? width.seats : 0, formatDuration(width.extraMs), started === undefined ? '0001-01-01T00:00:00Z' : moment(received),
      ...(details ? [(impersonated ?? user)?.name ?? '', info!.verb, info!.path, info!.namespace, info!.name, info!.version, info!.resource, info!.subresource] : [])]
  }
  return columns(head, [...control.levels].flatMap(({ name, queues: all, executing }) => [
    ...all.flatMap(({ index, waiting }) => waiting.map(({ asked }, place) => row(name, index, place, asked, undefined))),
    ...[...executing].map(({ asked, queue, started }) => row(name, queue?.index ?? -1, -1, asked, started)),
  ]))
}

type Cell = string | number | boolean
/** Cells with a comma behind, but the last; as wide as the widest of their column. */
function columns(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows].map((row) => row.map((cell, i) => (i < row.length - 1 ? `${cell},` : String(cell))))
  const widths = head.map((_, i) => Math.max(8, ...lines.map((line) => line[i]!.length + 1)))
  return lines.map((line) => `${line.map((cell, i) => (i < line.length - 1 ? cell.padEnd(widths[i]!) : cell)).join('')}\n`).join('')
}
