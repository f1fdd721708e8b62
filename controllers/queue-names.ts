/** What kube-controller-manager calls the queues of its controllers in its metrics. */
export const queueNames: Readonly<Record<string, string>> = {
  'deployment-controller': 'deployment',
  'replicaset-controller': 'replicaset',
  'replicationcontroller-controller': 'replicationmanager',
  'statefulset-controller': 'statefulset',
  'daemonset-controller': 'daemonset',
  'job-controller': 'job',
  'cronjob-controller': 'cronjob',
  'horizontal-pod-autoscaler-controller': 'horizontalpodautoscaler',
  'disruption-controller': 'disruption',
  'ttl-after-finished-controller': 'ttl_jobs_to_delete',
  'garbage-collector-controller': 'garbage_collector_attempt_to_delete',
  'namespace-controller': 'namespace',
  'endpoints-controller': 'endpoint',
  'endpointslice-controller': 'endpoint_slice',
  'endpointslice-mirroring-controller': 'endpoint_slice_mirroring',
  'node-lifecycle-controller': 'node_lifecycle_controller',
  'taint-eviction-controller': 'noexec_taint_pod',
  'pod-garbage-collector-controller': 'orphaned_pods_nodes',
  'resourcequota-controller': 'resourcequota_primary',
  'persistentvolume-binder-controller': 'claims',
  'persistentvolumeclaim-protection-controller': 'pvcprotection',
  'persistentvolume-protection-controller': 'pvprotection',
  'ephemeral-volume-controller': 'ephemeral_volume',
  'resourceclaim-controller': 'resource_claim',
  'serviceaccount-controller': 'serviceaccount',
  'clusterrole-aggregation-controller': 'ClusterRoleAggregator',
  'root-ca-certificate-publisher-controller': 'root_ca_cert_publisher',
  'serviceaccount-token-controller': 'serviceaccount_tokens_secret',
  'certificatesigningrequest-approving-controller': 'certificate_approving',
  'certificatesigningrequest-signing-controller': 'certificate_signing',
  'bootstrap-signer-controller': 'bootstrap_signer_queue',
  'token-cleaner-controller': 'token_cleaner',
};

/** A controller of our own goes by its name without the last word. */
export const queueNameOf = (controller: string): string =>
  queueNames[controller] ?? controller.replace(/-controller$/, '').replaceAll('-', '_');
