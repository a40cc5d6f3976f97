// Which Kubernetes this is, and how its parts say so.

export const kubernetes = { major: '1', minor: '36', patch: '2' } as const
/** What was built; absent: nobody knows, as in tests. */
export type Built = { readonly version: string; readonly commit?: string; readonly platform?: string } | undefined

/** As /version tells it, e.g. "v1.36.2+proa.0.1.0". */
export const gitVersionOf = (build: Built): string => `v${kubernetes.major}.${kubernetes.minor}.${kubernetes.patch}+proa${build ? `.${build.version}` : ''}`

/** What a component calls itself in its requests, as client-go words it: program, version, platform, commit; `name` tells its parts apart. */
export const userAgentOf = (program: string, build: Built, name?: string): string =>
  `${program}/${gitVersionOf(build).split('-')[0]} (${build?.platform ?? 'linux/amd64'}) kubernetes/${build?.commit?.slice(0, 7) || 'unknown'}${name ? `/${name}` : ''}`
