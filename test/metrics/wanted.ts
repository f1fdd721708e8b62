/**
 * What dashboards and alerts that people use with Kubernetes query (kubernetes-mixin's control
 * plane boards and rules, and the metrics of stability STABLE and BETA of Kubernetes' reference),
 * as names and the labels they select or group by. Written from the reference, not copied from a
 * board.
 */
const request = ['component', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'];

export const wanted: Readonly<Record<string, readonly string[]>> = {
  // API server
  apiserver_request_total: [...request, 'code', 'dry_run'],
  apiserver_request_duration_seconds_bucket: [...request, 'dry_run', 'le'],
  apiserver_request_duration_seconds_sum: request,
  apiserver_request_sli_duration_seconds_bucket: [...request, 'le'],
  apiserver_request_sli_duration_seconds_count: request,
  apiserver_request_filter_duration_seconds_bucket: ['filter', 'le'],
  apiserver_response_sizes_bucket: [...request, 'le'],
  apiserver_longrunning_requests: request,
  apiserver_current_inflight_requests: ['request_kind'],
  apiserver_current_inqueue_requests: ['request_kind'],
  apiserver_watch_events_total: ['group', 'resource', 'version'],
  apiserver_watch_events_sizes_bucket: ['group', 'resource', 'version', 'le'],
  apiserver_storage_objects: ['resource'],
  apiserver_resource_objects: ['group', 'resource'],
  apiserver_storage_list_total: ['group', 'resource'],
  apiserver_storage_list_fetched_objects_total: ['group', 'resource'],
  apiserver_storage_list_evaluated_objects_total: ['group', 'resource'],
  apiserver_storage_list_returned_objects_total: ['group', 'resource'],
  apiserver_cache_list_total: ['group', 'resource'],
  apiserver_watch_cache_events_received_total: ['group', 'resource'],
  apiserver_watch_cache_events_dispatched_total: ['group', 'resource'],
  apiserver_watch_cache_initializations_total: ['group', 'resource'],
  apiserver_admission_controller_admission_duration_seconds_bucket: [
    ...['name', 'operation', 'rejected', 'type', 'le'],
  ],
  apiserver_admission_step_admission_duration_seconds_bucket: [
    ...['operation', 'rejected', 'type', 'le'],
  ],
  apiserver_audit_event_total: [],
  apiserver_audit_requests_rejected_total: [],
  apiserver_client_certificate_expiration_seconds_bucket: ['le'],
  authentication_attempts: ['result'],
  authentication_duration_seconds_bucket: ['result', 'le'],
  authenticated_user_requests: ['username'],
  authorization_attempts_total: ['result'],
  authorization_duration_seconds_bucket: ['result', 'le'],
  etcd_request_duration_seconds_bucket: ['operation', 'group', 'resource', 'le'],
  etcd_requests_total: ['operation', 'group', 'resource'],
  // Every component
  kubernetes_build_info: ['git_version', 'major', 'minor', 'git_commit', 'platform'],
  process_cpu_seconds_total: [],
  process_resident_memory_bytes: [],
  process_start_time_seconds: [],
  process_open_fds: [],
  process_max_fds: [],
  rest_client_requests_total: ['code', 'host', 'method'],
  rest_client_request_duration_seconds_bucket: ['host', 'verb', 'le'],
  // Controllers
  workqueue_adds_total: ['name'],
  workqueue_depth: ['name'],
  workqueue_queue_duration_seconds_bucket: ['name', 'le'],
  workqueue_work_duration_seconds_bucket: ['name', 'le'],
  workqueue_unfinished_work_seconds: ['name'],
  workqueue_longest_running_processor_seconds: ['name'],
  workqueue_retries_total: ['name'],
  job_controller_job_sync_duration_seconds_bucket: ['action', 'completion_mode', 'result', 'le'],
  job_controller_job_syncs_total: ['action', 'completion_mode', 'result'],
  job_controller_jobs_finished_total: ['completion_mode', 'reason', 'result'],
  job_controller_job_pods_finished_total: ['completion_mode', 'result'],
  job_controller_job_pods_creation_total: ['reason', 'status'],
  job_controller_terminated_pods_tracking_finalizer_total: ['event'],
  endpoint_slice_controller_syncs: ['result'],
  endpoint_slice_controller_num_endpoint_slices: [],
  endpoint_slice_controller_endpoints_desired: [],
  node_collector_zone_health: ['zone'],
  node_collector_zone_size: ['zone'],
  node_collector_unhealthy_nodes_in_zone: ['zone'],
  root_ca_cert_publisher_sync_total: ['code'],
  garbagecollector_controller_resources_sync_error_total: [],
  // Scheduler
  scheduler_schedule_attempts_total: ['profile', 'result'],
  scheduler_scheduling_attempt_duration_seconds_bucket: ['profile', 'result', 'le'],
  scheduler_scheduling_algorithm_duration_seconds_bucket: ['le'],
  scheduler_pod_scheduling_sli_duration_seconds_bucket: ['attempts', 'le'],
  scheduler_pod_scheduling_attempts_bucket: ['le'],
  scheduler_pending_pods: ['queue'],
  scheduler_queue_incoming_pods_total: ['event', 'queue'],
  scheduler_framework_extension_point_duration_seconds_bucket: [
    ...['extension_point', 'profile', 'status', 'le'],
  ],
  scheduler_plugin_execution_duration_seconds_bucket: ['extension_point', 'plugin', 'status', 'le'],
  scheduler_preemption_attempts_total: [],
  scheduler_preemption_victims_bucket: ['le'],
  scheduler_cache_size: ['type'],
  scheduler_unschedulable_pods: ['plugin', 'profile'],
  // Node agents
  kubelet_node_name: ['node'],
  kubelet_running_pods: [],
  kubelet_running_containers: ['container_state'],
  kubelet_pod_start_duration_seconds_bucket: ['le'],
  kubelet_pod_start_sli_duration_seconds_bucket: ['le'],
  kubelet_started_pods_total: [],
  kubelet_started_containers_total: ['container_type'],
};

/** Of /metrics/cadvisor, which boards on what namespaces, nodes and pods use are made from. */
const ofContainer = ['container', 'image', 'namespace', 'pod'];

export const wantedOfCadvisor: Readonly<Record<string, readonly string[]>> = {
  container_cpu_usage_seconds_total: [...ofContainer, 'cpu'],
  container_memory_working_set_bytes: ofContainer,
  container_memory_rss: ofContainer,
  container_memory_cache: ofContainer,
  container_memory_swap: ofContainer,
  machine_cpu_cores: [],
  machine_memory_bytes: [],
};
