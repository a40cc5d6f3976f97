// /version, and the list of paths at /.
import { gitVersionOf, kubernetes } from '#machinery'
import type { Metrics } from '../metrics/metrics.ts'
import type { PathHandler } from '../pipeline.ts'
import { healthPaths } from './health.ts'
import { negotiate, plainJson } from '../media.ts'
import { notAllowed } from '../route.ts'
import { valueAnswer } from '../respond.ts'
import type { Aggregation } from '../aggregation/index.ts'
import type { ApiServerOptions } from '../server.ts'

const jsonOnly = ['application/json']

/** Versions as they are told everywhere. */
export const versionsOf = (build: ApiServerOptions['build']) => ({ runtime: build?.runtime ?? 'node', binary: `${kubernetes.major}.${kubernetes.minor}.${kubernetes.patch}`, emulation: `${kubernetes.major}.${kubernetes.minor}` })

const infoOf = (build: ApiServerOptions['build']) => ({
    major: kubernetes.major, minor: kubernetes.minor, emulationMajor: kubernetes.major, emulationMinor: kubernetes.minor, minCompatibilityMajor: '1', minCompatibilityMinor: '35',
    gitVersion: gitVersionOf(build), gitCommit: build?.commit ?? '', gitTreeState: 'clean', buildDate: build?.date ?? '1970-01-01T00:00:00Z',
    goVersion: build?.runtime ?? 'node', compiler: 'gc', platform: build?.platform ?? 'linux/amd64',
})

/** The same in the metrics. */
export function buildInfo(metrics: Metrics, build: ApiServerOptions['build'], component = 'kube-apiserver'): void {
  const { binary, emulation } = versionsOf(build)
  metrics.gauge({ name: 'version_info', stability: 'ALPHA', help: 'Versions that this server is of, behaves as, and works with; always 1.', labels: ['component', 'binary', 'emulation', 'min_compat'] }).with(component, binary.replace(/\.\d+$/, ''), emulation, '1.35').set(1)
  const { major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform } = infoOf(build)
  metrics.gauge({ name: 'kubernetes_build_info', stability: 'BETA', help: 'What runs here; always 1.', labels: ['major', 'minor', 'git_version', 'git_commit', 'git_tree_state', 'build_date', 'go_version', 'compiler', 'platform'] })
    .with(major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform).set(1)
}

export function version(build: ApiServerOptions['build']): PathHandler {
  const info = infoOf(build)
  return (request, { path }) => {
    if (path !== '/version' && path !== '/version/') return undefined
    if (request.method !== 'GET') throw notAllowed()
    return valueAnswer(200, info, negotiate(request, jsonOnly, 'none'), request.direct === true)
  }
}

const otherPaths = ['/.well-known/openid-configuration', '/api', '/api/v1', '/apis', '/apis/', '/flagz', '/metrics', '/metrics/slis', '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/openid/v1/jwks', '/statusz', '/version']

/** Every path that is worth asking for. */
export function allPaths({ services }: Aggregation): string[] {
  const groups = services.groups('byService').flatMap(({ name, versions }) => [`/apis/${name}`, ...versions.map((v) => `/apis/${name}/${v}`)])
  return [...otherPaths, ...healthPaths(), ...groups].sort()
}

/** GET /: the list of them. */
export function rootPaths(aggregation: Aggregation): PathHandler {
  return (request, { path }) => {
    if (path !== '/' && path !== '') return undefined
    return valueAnswer(200, { paths: allPaths(aggregation) }, plainJson, request.direct === true)
  }
}
