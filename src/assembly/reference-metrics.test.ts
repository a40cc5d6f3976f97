// What the reference's components count (its own list for v1.36): of all that is counted here too the type, the stability and the labels are the same;
// what is not is named below with the reason. Whoever adds one takes it out of the list.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import facts from '../../tests/facts/metrics.json' with { type: 'json' }
import { featureGates, featureMetrics, Metrics, TransformationMetrics } from '#server'
import { TestCluster } from '#testing'
import { controllerFigures, showState } from './controller-metrics.ts'
import { KmsFigures } from './encryption/kms-figures.ts'
import { storageSize } from './measured-engine.ts'
import { measuredOutbound } from './measured-outbound.ts'
import { showPodResources } from './pod-resources.ts'
import { reloads } from './reloads.ts'
import { schedulerFigures } from './scheduler-metrics.ts'

type Component = keyof typeof facts
const notInTheServer = {
  'other API servers beside this one': [
    'aggregator_discovery_nopeer_requests_total', 'aggregator_discovery_peer_aggregated_cache_hits_total', 'aggregator_discovery_peer_aggregated_cache_misses_total',
    'apiserver_peer_discovery_sync_errors_total', 'apiserver_peer_proxy_errors_total', 'apiserver_rerouted_request_total',
  ],
  'documents are made when they are asked for, in parts': [
    'aggregator_openapi_v2_regeneration_count', 'aggregator_openapi_v2_regeneration_duration', 'apiextensions_openapi_v2_regeneration_count',
    'apiextensions_openapi_v3_regeneration_count',
  ],
  'etcd, its client and its cache: everything is in memory': [
    'apiserver_storage_consistency_checks_total', 'apiserver_storage_db_total_size_in_bytes', 'etcd_bookmark_counts', 'etcd_bookmark_total', 'grpc_client_handled_total',
    'grpc_client_msg_received_total', 'grpc_client_msg_sent_total', 'grpc_client_started_total', 'watch_cache_capacity', 'watch_cache_capacity_decrease_total',
    'watch_cache_capacity_increase_total',
  ],
  'loops that repair what is kept right here': [
    'apiserver_clusterip_repair_ip_errors_total', 'apiserver_clusterip_repair_reconcile_errors_total', 'apiserver_nodeport_repair_port_errors_total',
    'apiserver_nodeport_repair_reconcile_errors_total',
  ],
  "Go's own: client transports, exec plugins, informers, queues of R": [
    'apiserver_flowcontrol_epoch_advance_total', 'apiserver_flowcontrol_next_discounted_s_bounds', 'apiserver_flowcontrol_next_s_bounds', 'informer_processing_latency_seconds',
    'informer_queued_items', 'rest_client_dns_resolution_duration_seconds', 'rest_client_exec_plugin_call_total', 'rest_client_exec_plugin_certificate_rotation_age',
    'rest_client_exec_plugin_policy_call_total', 'rest_client_exec_plugin_ttl_seconds', 'rest_client_rate_limiter_duration_seconds', 'rest_client_request_retries_total',
    'rest_client_transport_cache_entries', 'rest_client_transport_cert_rotation_gc_calls_total', 'rest_client_transport_create_calls_total',
  ],
  'there is one validation, and it does not panic by name': [
    'apiserver_validation_declarative_validation_panics_total', 'apiserver_validation_declarative_validation_parity_discrepancies_total',
    'apiserver_validation_duplicate_validation_error_total',
  ],
  'only components that ask others have these, and those that are elected': [
    'apiserver_delegated_authn_request_duration_seconds', 'apiserver_delegated_authn_request_total', 'apiserver_delegated_authz_request_duration_seconds',
    'apiserver_delegated_authz_request_total', 'leader_election_master_status', 'leader_election_slowpath_total', 'running_managed_controllers',
  ],
  'egress selectors, external signers, translated streams: not here': [
    'apiserver_egress_dialer_dial_duration_seconds', 'apiserver_egress_dialer_dial_failure_count', 'apiserver_egress_dialer_dial_start_total',
    'apiserver_externaljwt_fetch_keys_data_timestamp', 'apiserver_externaljwt_fetch_keys_request_total', 'apiserver_externaljwt_fetch_keys_success_timestamp',
    'apiserver_externaljwt_request_duration_seconds', 'apiserver_externaljwt_sign_request_total', 'apiserver_stream_translator_requests_total',
    'apiserver_stream_tunnel_requests_total',
  ],
  'of the process around it (cluster.ts), where it listens and writes the audit log': [
    'apiserver_audit_error_total', 'apiserver_tls_handshake_errors_total',
  ],
  'older names, which the reference hides': ['kube_apiserver_pod_logs_pods_logs_backend_tls_failure_total', 'kube_apiserver_pod_logs_pods_logs_insecure_backend_total'],
  'keys that services have opened are kept, and values are opened once': [
    'apiserver_envelope_encryption_dek_cache_fill_percent', 'apiserver_envelope_encryption_dek_cache_inter_arrival_time_seconds',
    'apiserver_storage_envelope_transformation_cache_misses_total',
  ],
  'certificates signed with SHA-1 are not believed at all': ['apiserver_kube_aggregator_x509_insecure_sha1_total', 'apiserver_webhooks_x509_insecure_sha1_total'],
  'what is stored can be read as JSON, and old and new values are compared while they are validated': [
    'apiextensions_apiserver_validation_ratcheting_seconds', 'apiserver_storage_decode_errors_total',
  ],
  'not yet': [
    'apiserver_certificates_registry_csr_honored_duration_total',
    'apiserver_certificates_registry_csr_requested_duration_total',
    'apiserver_kube_aggregator_x509_missing_san_total',
  ],
}
const notInTheScheduler = {
  'nothing is written by a dispatcher, in batches, or in goroutines; groups of pods are not placed together': [
    'scheduler_async_api_call_execution_duration_seconds', 'scheduler_async_api_call_execution_total', 'scheduler_batch_attempts_total', 'scheduler_batch_cache_flushed_total',
    'scheduler_get_node_hint_duration_seconds', 'scheduler_goroutines', 'scheduler_pending_async_api_calls', 'scheduler_podgroup_schedule_attempts_total',
    'scheduler_podgroup_scheduling_algorithm_duration_seconds', 'scheduler_podgroup_scheduling_attempt_duration_seconds', 'scheduler_preemption_goroutines_duration_seconds',
    'scheduler_preemption_goroutines_execution_total', 'scheduler_store_schedule_results_duration_seconds', 'scheduler_volume_binder_cache_requests_total',
  ],
  'not yet': [
    'scheduler_event_handling_duration_seconds', 'scheduler_permit_wait_duration_seconds', 'scheduler_plugin_evaluation_total',
    'scheduler_plugin_execution_duration_seconds', 'scheduler_queueing_hint_execution_duration_seconds', 'scheduler_resourceclaim_creates_total',
    'scheduler_volume_scheduling_stage_error_total',
  ],
}
const notInTheControllerManager = {
  'controllers that are not here: autoscaling, publishers of trust bundles, warnings about SELinux': [
    'clustertrustbundle_publisher_sync_duration_seconds', 'clustertrustbundle_publisher_sync_total', 'horizontal_pod_autoscaler_controller_desired_replicas',
    'horizontal_pod_autoscaler_controller_metric_computation_duration_seconds', 'horizontal_pod_autoscaler_controller_metric_computation_total',
    'horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers', 'horizontal_pod_autoscaler_controller_reconciliation_duration_seconds',
    'horizontal_pod_autoscaler_controller_reconciliations_total', 'selinux_warning_controller_selinux_volume_conflict',
  ],
  "caches are as new as a controller's own writes before it looks: it never skips a look": [
    'daemonset_controller_stale_sync_skips_total', 'job_controller_stale_sync_skips_total', 'replicaset_controller_stale_sync_skips_total',
    'statefulset_controller_stale_sync_skips_total',
  ],
  'what is free is looked for among the nodes, not in a set that is kept': [
    'node_ipam_controller_cidrset_allocation_tries_per_request', 'node_ipam_controller_cidrset_cidrs_allocations_total', 'node_ipam_controller_cidrset_cidrs_releases_total',
    'node_ipam_controller_cidrset_usage_cidrs', 'node_ipam_controller_cirdset_max_cidrs',
  ],
  'not yet': [
    'attach_detach_controller_attachdetach_controller_forced_detaches', 'attachdetach_controller_total_volumes',
    'endpoint_slice_controller_desired_endpoint_slices', 'endpoint_slice_controller_endpoints_added_per_sync', 'endpoint_slice_controller_endpoints_desired',
    'endpoint_slice_controller_endpoints_removed_per_sync', 'endpoint_slice_controller_endpointslices_changed_per_sync',
    'endpoint_slice_mirroring_controller_addresses_skipped_per_sync', 'endpoint_slice_mirroring_controller_changes',
    'endpoint_slice_mirroring_controller_desired_endpoint_slices', 'endpoint_slice_mirroring_controller_endpoints_added_per_sync',
    'endpoint_slice_mirroring_controller_endpoints_desired', 'endpoint_slice_mirroring_controller_endpoints_removed_per_sync',
    'endpoint_slice_mirroring_controller_endpoints_sync_duration', 'endpoint_slice_mirroring_controller_endpoints_updated_per_sync',
    'garbagecollector_controller_resources_sync_error_total',
    'job_controller_jobs_by_external_controller_total', 'job_controller_pod_failures_handled_by_failure_policy_total',
    'job_controller_terminated_pods_tracking_finalizer_total', 'node_collector_update_all_nodes_health_duration_seconds',
    'node_collector_update_node_health_duration_seconds', 'replicaset_controller_sorting_deletion_age_ratio', 'resourceclaim_controller_creates_total',
    'retroactive_storageclass_errors_total', 'retroactive_storageclass_total', 'statefulset_controller_statefulset_max_unavailable',
    'statefulset_controller_statefulset_unavailable_replicas', 'storage_count_attachable_volumes_in_use',
  ],
}

function compare(component: Component, metrics: Metrics, without: Readonly<Record<string, readonly string[]>>): void {
  const ours = new Map([...metrics.families()].map((family) => [family.options.name, family])), reference = new Map(Object.entries<(string | string[])[]>(facts[component]))
  const named = Object.values(without).flat(), missing = [...reference.keys()].filter((name) => !ours.has(name))
  assert.deepEqual(missing.filter((name) => !named.includes(name)), [], 'not counted, and not in the list')
  assert.deepEqual(named.filter((name) => ours.has(name) || !reference.has(name)), [], 'in the list although it is counted, or unknown to the reference')
  const both = [...ours].filter(([name]) => reference.has(name))
  assert.deepEqual(both.map(([name, { options: { as, stability, labels = [] }, type }]) => [name, as ?? type, stability, [...labels].sort()]), both.map(([name]) => [name, ...reference.get(name)!]))
}

test('the API server counts what the reference\'s does', async () => {
  const metrics = new Metrics(), clock = { now: () => 0, after: () => () => {} }
  measuredOutbound(async () => { throw new Error('not asked') }, metrics, () => 0)
  storageSize(metrics, [])
  featureMetrics(metrics, featureGates({}))
  for (const configuration of ['authentication', 'authorization', 'encryption'] as const) reloads(metrics, configuration, clock)
  new TransformationMetrics(metrics, () => 0)
  new KmsFigures(metrics, clock, () => 0)
  await using cluster = await TestCluster.start({ plane: { metrics } })
  await cluster.settle()
  compare('kube-apiserver', metrics, notInTheServer)
})

test('the scheduler counts what the reference\'s does', () => {
  const metrics = new Metrics()
  schedulerFigures(metrics, () => 0)
  showPodResources(metrics, { list: () => [], isComplete: () => false })
  compare('kube-scheduler', metrics, notInTheScheduler)
})

test('the controllers count what the reference\'s do', () => {
  const metrics = new Metrics()
  controllerFigures(metrics)
  showState(metrics, { list: () => [], isComplete: () => false })
  compare('kube-controller-manager', metrics, notInTheControllerManager)
})
