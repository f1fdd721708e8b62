/**
 * Fields of features that Kubernetes 1.34 has switched off (pkg/features/kube_features.go): what a
 * client says in them is dropped before anybody judges the object. Others are handled where their
 * kind is declared.
 */
const DISABLED: Readonly<Record<string, readonly string[]>> = {
  // ContainerRestartRules, ContainerStopSignals, EnvFiles, HostnameOverride
  'core-v1.Container': ['restartPolicyRules'],
  'core-v1.EphemeralContainer': ['restartPolicyRules'],
  'core-v1.Lifecycle': ['stopSignal'],
  'core-v1.EnvVarSource': ['fileKeyRef'],
  'core-v1.PodSpec': ['hostnameOverride'],
  // ImageVolume, ClusterTrustBundleProjection, PodCertificateRequest
  'core-v1.Volume': ['image'],
  'core-v1.VolumeProjection': ['clusterTrustBundle', 'podCertificate'],
  // MaxUnavailableStatefulSet
  'apps-v1.RollingUpdateStatefulSetStrategy': ['maxUnavailable'],
  // MutableCSINodeAllocatableCount
  'storage-v1.CSIDriverSpec': ['nodeAllocatableUpdatePeriodSeconds'],
  // CoordinatedLeaderElection
  'coordination-v1.LeaseSpec': ['preferredHolder', 'strategy'],
  // DRAExtendedResource, DRAConsumableCapacity, DRADeviceTaints
  'resource-v1.DeviceClassSpec': ['extendedResourceName'],
  'resource-v1.DeviceConstraint': ['distinctAttribute'],
  'resource-v1.ExactDeviceRequest': ['capacity', 'tolerations'],
  'resource-v1.DeviceSubRequest': ['capacity', 'tolerations'],
};

export function disabledFields(definition: {
  readonly module: string;
  readonly name: string;
}): readonly string[] {
  return DISABLED[`${definition.module}.${definition.name}`] ?? [];
}
