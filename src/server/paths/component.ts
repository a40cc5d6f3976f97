// What every component of the control plane answers beside its work: whether it is well, its figures, its flags and profiles.
import type { ApiRequest, ApiResponse, Clock, Log } from '#machinery'
import type { Metrics } from '../metrics/metrics.ts'
import { requestInfo } from '../request.ts'
import { pageNotFound } from '../respond.ts'
import type { ApiServerOptions, HealthCheck } from '../server.ts'
import { checkPaths } from './health.ts'
import { figures, figuresAt } from './metrics.ts'
import { debugging, type Debugging } from './profiling.ts'
import { buildInfo, versionsOf } from './version.ts'
import { zpages } from './zpages.ts'

export interface ComponentPages {
  /** As in "kube-scheduler". */
  readonly name: string
  readonly build: ApiServerOptions['build']
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Figures beside those of the component itself, by their paths. */
  readonly beside?: ReadonlyMap<string, Metrics>
  /** By the endpoint: healthz, livez, readyz. */
  readonly checks: ReadonlyMap<string, readonly HealthCheck[]>
  /** What it was told, for /flagz. */
  readonly flags: Readonly<Record<string, string>>
  /** Absent: there is nothing at /debug. */
  readonly debugging?: Debugging
}

export function componentPages({ name, build, clock, log, metrics, beside = new Map(), checks, flags, debugging: debug }: ComponentPages): (request: ApiRequest) => Promise<ApiResponse> {
  buildInfo(metrics, build, name)
  const paths = [...checks.keys(), 'flagz', 'metrics', 'metrics/slis', 'statusz', ...(debug ? ['debug/pprof'] : [])].map((path) => `/${path}`).concat(...beside.keys())
  const handlers = [checkPaths(checks, { metrics, log }), figures(metrics), ...[...beside].map(([path, all]) => figuresAt(path, all)), zpages({ component: name, clock, versions: versionsOf(build), paths: () => paths, flags }), ...(debug ? [debugging(debug)] : [])]
  return async (request) => {
    const info = requestInfo(request)
    for (const handle of handlers) {
      const answer = await handle(request, info, { name: '', groups: [] })
      if (answer) return answer
    }
    return pageNotFound()
  }
}
