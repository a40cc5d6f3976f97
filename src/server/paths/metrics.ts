// /metrics: what the server has counted, in the Prometheus text format. The reference offers no other one, whatever a scraper asks for.
import type { Core } from '../core.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { PathHandler } from '../pipeline.ts'
import { storageMetrics } from '../metrics/storage.ts'
import { textAnswer } from '../respond.ts'

const textFormat = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores' }
/** What the indicators of a service level are made of: of each health check whether it holds, and how often it was asked. */
const isIndicator = (name: string): boolean => name === 'kubernetes_healthcheck' || name === 'kubernetes_healthchecks_total'

export function metrics({ metrics: all, objects, registry }: Core): PathHandler {
  storageMetrics(all, objects, registry)
  const none = (name: string, help: string) => { all.counter({ name: `apiserver_validation_declarative_validation_${name}`, stability: 'BETA', help }).with() }
  none('mismatch_total', 'Objects that two ways of validation disagree about: there is one way.')
  none('panic_total', 'Validations that failed by themselves: there is one way.')
  return figures(all)
}

/** Further figures, at a path of their own. */
export const figuresAt = (path: string, all: Metrics): PathHandler => (_request, { path: asked }) => (asked === path ? textAnswer(200, all.text(), textFormat) : undefined)

/** The figures of any component: GET shows them, DELETE lets what was counted begin anew. */
export function figures(all: Metrics): PathHandler {
  all.countThemselves()
  return ({ method }, { path }) => {
    const wanted = path === '/metrics' ? (name: string) => !isIndicator(name) : path === '/metrics/slis' ? isIndicator : undefined
    if (!wanted) return undefined
    if (method !== 'DELETE') return textAnswer(200, all.text(wanted), textFormat)
    all.reset(wanted)
    return textAnswer(200, 'metrics reset\n', { 'x-content-type-options': 'nosniff' })
  }
}
