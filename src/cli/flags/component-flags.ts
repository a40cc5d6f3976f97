// What every component takes that runs alone against an API server: the reference's names and defaults.
import { choice, duration, integer, ipAddress, list, matching, path, text, toggle } from '../flag.ts'

const election = 'Leader election', serving = 'Health and figures'

/** `name` is the reference's program ("kube-scheduler"), `port` where it answers by default. */
export const componentFlags = (name: string, port: number) => ({
  kubeconfig: path({ description: 'Which cluster, and who this is there', defaultText: 'the service account of the pod this runs in' }),
  leaderElect: toggle({ group: election, description: 'Work only while this process holds the lease' }, true),
  leaderElectLeaseDuration: duration({ group: election, description: 'How long others wait after the last renewal' }, 15_000, '15s'),
  leaderElectRenewDeadline: duration({ group: election, description: 'A leader that could not renew for so long ends' }, 10_000, '10s'),
  leaderElectRetryPeriod: duration({ group: election, description: 'How often the lease is asked for and renewed' }, 2_000, '2s'),
  leaderElectResourceName: text({ group: election, value: 'NAME', description: 'The lease' }, name),
  leaderElectResourceNamespace: text({ group: election, value: 'NAMESPACE', description: 'Where it is' }, 'kube-system'),
  bindAddress: ipAddress({ group: serving, description: 'Address for /healthz, /metrics and the like (the reference: 0.0.0.0)' }, '127.0.0.1'),
  securePort: integer({ group: serving, description: 'Its port; 0: none' }, [0, 65_535], port),
  authenticationTokenWebhookCacheTtl: duration({ group: serving, description: 'How long it is remembered whose a token is' }, 10_000, '10s'),
  authorizationWebhookCacheAuthorizedTtl: duration({ group: serving, description: 'How long it is remembered that somebody may' }, 10_000, '10s'),
  authorizationWebhookCacheUnauthorizedTtl: duration({ group: serving, description: 'How long it is remembered that somebody may not' }, 10_000, '10s'),
  authorizationAlwaysAllowPaths: list({ group: serving, description: 'What everybody may ask for; with * at the end: all that begins so' }, ['/healthz', '/readyz', '/livez']),
  authenticationSkipLookup: toggle({ group: serving, description: 'Do not ask the cluster which client certificates to believe' }, false),
  clientCaFile: path({ group: serving, description: 'Authorities of client certificates to believe', defaultText: 'those of the cluster' }),
  profiling: toggle({ group: serving, description: 'Serve profiles at /debug/pprof' }, true),
  disabledMetrics: list({ group: serving, description: 'Metrics that are not shown' }),
  showHiddenMetricsForVersion: matching({ group: serving, value: '1.35', description: 'Show metrics that are hidden because they are deprecated' }, /^1\.35$/, 'the release before this one, 1.35'),
  tlsCertFile: path({ group: serving, description: 'Certificate to answer with', defaultText: 'one that vouches for itself' }),
  tlsPrivateKeyFile: path({ group: serving, description: 'Its key' }),
  logLevel: choice({ description: 'How much the log says' }, ['debug', 'info', 'warn', 'error'], 'info'),
})
