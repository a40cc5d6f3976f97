// The paths that are no resources, in the order they are asked.
import type { Aggregation } from '../aggregation/index.ts'
import type { Core } from '../core.ts'
import { openapi } from '../openapi/openapi.ts'
import type { PathHandler } from '../pipeline.ts'
import type { ApiServerOptions } from '../server.ts'
import { discovery } from './discovery.ts'
import { health } from './health.ts'
import { metrics } from './metrics.ts'
import { oidc } from './oidc.ts'
import { debugging } from './profiling.ts'
import { allPaths, buildInfo, rootPaths, version, versionsOf } from './version.ts'
import { zpages } from './zpages.ts'

export function paths(core: Core, aggregation: Aggregation, { build, checks = [], flags = {}, advertised, debugging: debug }: ApiServerOptions, isOpen: () => boolean): PathHandler[] {
  const { objects: { store }, metrics: all, log, clock } = core
  const answers = { read: () => { store.get('health') }, write: () => { store.get('health') } }
  buildInfo(all, build)
  return [
    discovery(core.registry, aggregation, all, advertised), health({ store: answers, checks, isOpen, metrics: all, log }), version(build), openapi(core, aggregation, build ? `${build.version}${build.commit}` : ''),
    metrics(core), oidc(core.tokens), rootPaths(aggregation), zpages({ component: 'kube-apiserver', clock, versions: versionsOf(build), paths: () => allPaths(aggregation), flags }), ...(debug ? [debugging(debug)] : []),
  ]
}
