// What every component takes that runs alone against an API server: the reference's names and defaults.
import { choice, duration, integer, ipAddress, path, text, toggle } from '../flag.ts'

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
  bindAddress: ipAddress({ group: serving, description: 'Address for /healthz, /livez, /readyz and /metrics (the reference: 0.0.0.0)' }, '127.0.0.1'),
  securePort: integer({ group: serving, description: 'Its port; 0: none' }, [0, 65_535], port),
  tlsCertFile: path({ group: serving, description: 'Certificate to answer with', defaultText: 'one that vouches for itself' }),
  tlsPrivateKeyFile: path({ group: serving, description: 'Its key' }),
  logLevel: choice({ description: 'How much the log says' }, ['debug', 'info', 'warn', 'error'], 'info'),
})
