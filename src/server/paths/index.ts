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
import { rootPaths, version } from './version.ts'

export function paths(core: Core, aggregation: Aggregation, { build, checks = [] }: ApiServerOptions, isOpen: () => boolean): PathHandler[] {
  const etcd = { name: 'etcd', check: () => { void core.objects.store.revision } }
  return [
    discovery(core.registry, aggregation), health({ checks: [etcd, ...checks], isOpen }), version(build), openapi(core, aggregation, build ? `${build.version}${build.commit}` : ''),
    metrics(core), oidc(core.tokens), rootPaths(aggregation),
  ]
}
