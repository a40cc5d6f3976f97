// The rest of the flags of kube-controller-manager and kube-scheduler, as reference-flags.ts has those of kube-apiserver.
import { idle, refused, type ReferenceFlag } from './reference-flags.ts'

type Table = Readonly<Record<string, ReferenceFlag>>
const ownLog = 'the log is written at once', delegated = 'the API server of --kubeconfig is asked', go = 'there is no Go runtime here', events = 'everything is told by watches', oneWay = 'requests are not held back'
const cloud = 'there is no cloud provider here', volumes = 'no volume plugin of that kind is built in'

/** What both take. */
const shared: Table = {
  'allow-metric-labels': idle('text', 'labels of metrics are not filtered'), 'allow-metric-labels-manifest': idle('text', 'labels of metrics are not filtered'),
  'authentication-kubeconfig': idle('text', delegated), 'authorization-kubeconfig': idle('text', delegated), 'authentication-tolerate-lookup-failure': idle('bool', delegated),
  'cert-dir': idle('text', 'a certificate is made in memory'), 'requestheader-allowed-names': idle('text', delegated), 'requestheader-client-ca-file': idle('text', delegated),
  'requestheader-extra-headers-prefix': idle('text', delegated), 'requestheader-group-headers': idle('text', delegated), 'requestheader-uid-headers': idle('text', delegated), 'requestheader-username-headers': idle('text', delegated),
  'contention-profiling': idle('bool', go, ['false']), 'disable-http2-serving': idle('bool', 'HTTP/2 is always served beside HTTP/1.1', ['false']), 'http2-max-streams-per-connection': idle('int', 'a thousand at once'),
  'emulated-version': refused('text', 'this is v1.36', ['1.36', 'kube=1.36']), 'min-compatibility-version': idle('text', 'no other version is emulated'), 'feature-gates': idle('text', 'gates are as in v1.36'), 'kube-api-burst': idle('int', oneWay), 'kube-api-qps': idle('float', oneWay),
  'kube-api-content-type': idle('text', 'JSON is spoken', ['application/json']), 'leader-elect-resource-lock': refused('text', 'leases are used', ['leases']), 'log-flush-frequency': idle('duration', ownLog), 'log-json-info-buffer-size': idle('text', ownLog), 'log-json-split-stream': idle('bool', ownLog, ['false']),
  'log-text-info-buffer-size': idle('text', ownLog), 'log-text-split-stream': idle('bool', ownLog, ['false']), 'logging-format': idle('text', 'one line of text each', ['text']), 'master': refused('text', 'use --kubeconfig'), 'permit-address-sharing': idle('bool', 'addresses are not shared', ['false']),
  'permit-port-sharing': idle('bool', 'ports are not shared', ['false']), 'tls-cipher-suites': refused('text', 'Node\'s suites for TLS 1.2 and 1.3 are used'), 'tls-curve-preferences': idle('text', 'Node\'s curves are used'), 'tls-min-version': refused('text', 'TLS 1.2 is the oldest', ['VersionTLS12']),
  'tls-sni-cert-key': idle('text', 'one certificate is shown'), 'unsupported-kube-api-over-localhost': idle('bool', 'the server is the one of --kubeconfig', ['false']), 'v': idle('int', 'use --log-level'), 'vmodule': idle('text', 'use --log-level'),
}

const controllerManager: Table = {
  'attach-detach-reconcile-sync-period': idle('duration', events), 'disable-attach-detach-reconcile-sync': idle('bool', events),
  'cidr-allocator-type': refused('text', 'ranges are given out one after the other', ['RangeAllocator']), 'cloud-config': idle('text', cloud), 'cloud-provider': refused('text', cloud, ['external', '']), 'external-cloud-volume-plugin': idle('text', cloud), 'configure-cloud-routes': idle('bool', cloud), 'route-reconciliation-period': idle('duration', cloud),
  'cluster-name': idle('text', 'nothing is named after it'),
  'concurrent-horizontal-pod-autoscaler-syncs': idle('int', 'autoscaling is not there yet'), 'controller-shutdown-timeout': idle('duration', 'each ends with what it is at'), 'controller-start-interval': idle('duration', 'all start at once'),
  'enable-dynamic-provisioning': idle('bool', 'claims are provisioned by their class'), 'enable-garbage-collector': refused('bool', 'leave it out with --controllers=*,-garbage-collector-controller', ['true']), 'enable-hostpath-provisioner': idle('bool', volumes, ['false']), 'enable-leader-migration': refused('bool', 'there is one lease', ['false']), 'leader-migration-config': refused('text', 'there is one lease'),
  'endpoint-updates-batch-period': idle('duration', events, ['0', '0s']), 'endpointslice-updates-batch-period': idle('duration', events, ['0', '0s']), 'mirroring-endpointslice-updates-batch-period': idle('duration', events, ['0', '0s']),
  'flex-volume-plugin-dir': idle('text', volumes),
  ...Object.fromEntries(['cpu-initialization-period', 'downscale-stabilization', 'initial-readiness-delay', 'sync-period'].map((name) => [`horizontal-pod-autoscaler-${name}`, idle('duration', 'autoscaling is not there yet')])), 'horizontal-pod-autoscaler-tolerance': idle('float', 'autoscaling is not there yet'),
  ...Object.fromEntries(['kube-apiserver-client', 'kubelet-client', 'kubelet-serving', 'legacy-unknown'].flatMap((signer) => ['cert', 'key'].map((what) => [`cluster-signing-${signer}-${what}-file`, refused('text', `use --cluster-signing-${what}-file; one authority signs for all`)]))),
  'node-monitor-period': idle('duration', events),
  'node-cidr-mask-size': idle('int', 'each node gets a /24', ['24']), 'node-cidr-mask-size-ipv4': idle('int', 'each node gets a /24', ['24']), 'node-cidr-mask-size-ipv6': idle('int', 'there is no IPv6 yet'), 'service-cluster-ip-range': idle('text', 'the API server keeps the addresses of services'),
  'min-resync-period': idle('duration', events), 'namespace-sync-period': idle('duration', events), 'pvclaimbinder-sync-period': idle('duration', events), 'resource-quota-sync-period': idle('duration', events),
}

const scheduler: Table = { 'pod-max-in-unschedulable-pods-duration': idle('duration', 'five minutes', ['5m', '5m0s']), 'write-config-to': refused('text', 'the configuration is not written anywhere') }

export const componentReferenceFlags = { 'kube-controller-manager': { ...shared, ...controllerManager }, 'kube-scheduler': { ...shared, ...scheduler } } as const satisfies Readonly<Record<string, Table>>
