// /metrics: the few figures that the server counts itself, in the Prometheus text format.
import type { PathHandler } from '../pipeline.ts'
import type { Core } from '../core.ts'
import { textAnswer } from '../respond.ts'

export function metrics(core: Core): PathHandler {
  return (_request, { path }) => {
    if (path !== '/metrics') return undefined
    const { store } = core.objects
    const lines: string[] = []
    const figure = (name: string, type: 'gauge' | 'counter', help: string, values: readonly (readonly [labels: string, value: number])[]) => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...values.map(([labels, value]) => `${name}${labels && `{${labels}}`} ${value}`))
    }
    figure('apiserver_storage_objects', 'gauge', '[STABLE] Number of stored objects at the time of last check split by kind.',
      core.registry.kinds.filter((k) => k.verbs.includes('list') && k.verbs.includes('create')).map((k) => [`resource="${k.group ? `${k.resource}.${k.group}` : k.resource}"`, core.objects.count(k)]))
    figure('apiserver_longrunning_requests', 'gauge', '[STABLE] Gauge of all active long-running apiserver requests.', [['verb="WATCH"', core.watches.size]])
    figure('etcd_mvcc_db_current_revision', 'gauge', 'The newest revision of the store.', [['', store.revision]])
    figure('etcd_mvcc_db_compact_revision', 'gauge', 'The revision that the store has forgotten everything before.', [['', store.compactRevision]])
    return textAnswer(200, `${lines.join('\n')}\n`, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  }
}
