// The reference's own flag names, for what we have. Meanings and defaults are the reference's unless the description says so.
import { choice, duration, integer, ipAddress, labelValues, list, matching, network, path, portRange, settings, text, texts, toggle } from '../flag.ts'
import { auditFlags } from './audit-flags.ts'
import { authenticationFlags } from './authentication-flags.ts'
import { authorizationFlags } from './authorization-flags.ts'
import { limitFlags } from './limit-flags.ts'

const group = 'API server and controllers (the reference\'s names)'

/** Flags of kube-apiserver and kube-controller-manager. */
export const serverFlags = {
  ...authenticationFlags,
  ...authorizationFlags,
  ...auditFlags,
  ...limitFlags,
  bindAddress: ipAddress({ group, description: 'Address to listen on; 0.0.0.0 is every one (the reference\'s default)' }, '127.0.0.1'),
  advertiseAddress: ipAddress({ group, description: 'Address under which others reach the API server', defaultText: 'the bind address' }),
  securePort: integer({ group, hidden: true, description: 'The reference\'s name of --port' }, [0, 65_535]),
  tlsCertFile: path({ group, description: 'Certificate to serve with, instead of one of the cluster\'s own authority' }),
  tlsPrivateKeyFile: path({ group, description: 'Its key; both are read again when they change' }),
  externalHostname: text({ group, value: 'HOST', description: 'The name under which clients are told that the API server is', defaultText: 'the advertised address' }),
  tlsMinVersion: choice({ group, description: 'The oldest TLS that is spoken; older than these cannot be had' }, ['VersionTLS12', 'VersionTLS13'], 'VersionTLS12'),
  tlsCipherSuites: list({ group, description: 'Suites of TLS 1.2, by Go\'s names; those of TLS 1.3 are always there', defaultText: 'Node\'s' }),
  tlsCurvePreferences: list({ group, value: 'N,N', description: 'Curves for key exchange, by their numbers', defaultText: 'Node\'s' }),
  tlsSniCertKey: texts({ group, value: 'CERT,KEY[:NAMES]', description: 'Another certificate for clients that ask for its names' }),
  disabledMetrics: list({ group, description: 'Metrics that are not shown' }),
  showHiddenMetricsForVersion: matching({ group, value: '1.35', description: 'Show metrics that are hidden because they are deprecated' }, /^1\.35$/, 'the release before this one, 1.35'),
  allowMetricLabels: labelValues({ group, value: 'METRIC,LABEL=A,B', description: 'Values of a metric\'s label that are told apart; others are "unexpected"' }),
  allowMetricLabelsManifest: path({ group, description: 'The same as a file: METRIC,LABEL: A,B in each line' }),
  profiling: toggle({ group, description: 'Profiles of the server at /debug/pprof, and the level of its log at /debug/flags/v' }, true),
  tracingConfigFile: path({ group, description: 'TracingConfiguration: the collector that spans of requests go to (OTLP over gRPC), and how many requests have some' }),
  disableControllerManager: toggle({ group, description: 'Without controllers: they run elsewhere, as ./proa controller-manager or any other' }),
  disableScheduler: toggle({ group, description: 'Without the scheduler: it runs elsewhere' }),
  schedulerConfig: path({ group, description: 'KubeSchedulerConfiguration: profiles, weights, arguments of plugins, extenders (kube-scheduler\'s --config)' }),
  encryptionProviderConfig: path({ group, description: 'EncryptionConfiguration: what is kept unreadable on the disk, and how' }),
  encryptionProviderConfigAutomaticReload: toggle({ group, description: 'Read it again when it changes' }),
  enableAdmissionPlugins: list({ group, description: 'Admission plugins beyond those on by default; NodeRestriction unless others are named (the reference: none)' }, ['NodeRestriction']),
  disableAdmissionPlugins: list({ group, description: 'Admission plugins to switch off' }),
  runtimeConfig: settings({ group, description: 'API versions to switch on or off: api/all, api/ga, api/beta, api/alpha, GROUP/VERSION, GROUP/VERSION/RESOURCE; legacy/all=true serves every version that was ever removed' }),
  legacyApis: toggle({ group, description: 'Serve every API version that was ever removed (extensions/v1beta1 and the like): the same as --runtime-config=legacy/all=true' }),
  admissionControlConfigFile: path({ group, description: 'What single admission plugins are told (AdmissionConfiguration)' }),
  allowPrivileged: toggle({ group, description: 'Allow privileged containers (the reference: false)' }, true),
  serviceClusterIpRange: network({ group, description: 'Addresses of Services' }, [12, 28], '10.96.0.0/16'),
  serviceNodePortRange: portRange({ group, description: 'Ports of Services of type NodePort' }, { from: 30_000, to: 32_767 }),
  clusterCidr: network({ group, description: 'Addresses of pods; each node gets a /24 of it', defaultText: '10.244.0.0/16; one made from the name for clusters not called proa' }, [8, 24]),
  loadBalancerPool: list({ group, value: 'CIDR,...', description: 'Addresses of Services of type LoadBalancer', defaultText: 'a part of the nodes\' network; none for server' }),
  publishDomains: list({ group, value: 'DOMAIN,...', description: 'Below these domains LoadBalancer Services may publish DNS names in the cluster (annotation external-dns.alpha.kubernetes.io/hostname)' }, ['test']),
  etcdCompactionInterval: duration({ group, description: 'How long old versions of objects are kept' }, 300_000, '5m'),
  nodeMonitorGracePeriod: duration({ group, description: 'How long a node may be silent before it counts as gone' }, 50_000, '50s'),
  defaultNotReadyTolerationSeconds: integer({ group, description: 'How long pods stay on a node that is not ready' }, [0, 2 ** 31 - 1], 300),
  defaultUnreachableTolerationSeconds: integer({ group, description: 'How long pods stay on a node that is silent' }, [0, 2 ** 31 - 1], 300),
}
