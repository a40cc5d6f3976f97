// /healthz, /livez, /readyz: the server's checks, one by one or all.
import type { ApiResponse } from '#machinery'
import type { PathHandler } from '../pipeline.ts'
import { pageNotFound, textAnswer } from '../respond.ts'
import type { HealthCheck } from '../server.ts'

/** Names that the reference's checks have, for those who ask for one of them; all of ours stand or fall with the process. */
const alwaysWell = ['ping', 'log', 'poststarthook/rbac/bootstrap-roles', 'poststarthook/scheduling/bootstrap-system-priority-classes', 'poststarthook/start-system-namespaces-controller',
  'poststarthook/priority-and-fairness-config-consumer', 'poststarthook/start-service-ip-repair-controllers', 'poststarthook/start-kubernetes-service-cidr-controller',
  'poststarthook/start-cluster-authentication-info-controller', 'poststarthook/crd-informer-synced', 'poststarthook/generic-apiserver-start-informers']

export interface HealthParts {
  readonly checks: readonly HealthCheck[]
  readonly isOpen: () => boolean
}

export function health({ checks, isOpen }: HealthParts): PathHandler {
  const well: HealthCheck[] = alwaysWell.map((name) => ({ name, check() {} }))
  const live = [...well, ...checks]
  const ready = [...live, { name: 'shutdown', check() { if (!isOpen()) throw new Error('process is shutting down') } }, { name: 'informer-sync', check() {} }]
  return (_request, { path, query }) => {
    const [, kind = '', ...rest] = path.split('/')
    if (kind !== 'healthz' && kind !== 'livez' && kind !== 'readyz') return undefined
    const all = kind === 'readyz' ? ready : live
    const single = rest.join('/')
    if (single !== '') {
      const check = all.find((c) => c.name === single)
      return check ? one(check) : pageNotFound()
    }
    const excluded = new Set(query.all('exclude'))
    return every(kind, all.filter((c) => !excluded.has(c.name)), query.get('verbose') !== undefined)
  }
}

function one({ check }: HealthCheck): ApiResponse {
  try {
    check()
    return textAnswer(200, 'ok')
  } catch (error) {
    return textAnswer(500, `internal server error: ${why(error)}\n`)
  }
}

function every(kind: string, checks: readonly HealthCheck[], verbose: boolean): ApiResponse {
  let failed = false
  const lines = checks.map(({ name, check }) => {
    try {
      check()
      return `[+]${name} ok`
    } catch {
      failed = true
      return `[-]${name} failed: reason withheld`
    }
  })
  if (failed) return textAnswer(500, `${lines.join('\n')}\n${kind} check failed\n`)
  return textAnswer(200, verbose ? `${lines.join('\n')}\n${kind} check passed\n` : 'ok')
}
const why = (error: unknown): string => (error instanceof Error ? error.message : String(error))
