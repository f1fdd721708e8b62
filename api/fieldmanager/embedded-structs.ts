/**
 * Which fields hold a struct by value in Go's types of Kubernetes 1.34 (read from k8s.io/api by
 * reflection). Such a struct is always there, empty or not, so nobody adds or removes it: in
 * managedFields .spec never stands for itself, while .spec.strategy.rollingUpdate, a pointer, does.
 */
import type { Definition } from '../schema/table.ts';

/** By value in every type that has them. */
const EVERYWHERE = new Set(['metadata', 'spec', 'status']);

const EMBEDDED: Readonly<Record<string, readonly string[]>> = {
  APIGroup: ['preferredVersion'],
  AllocationResult: ['devices'],
  Binding: ['target'],
  ClusterRoleBinding: ['roleRef'],
  Container: ['resources'],
  ContainerResourceMetricSource: ['target'],
  ContainerResourceMetricStatus: ['current'],
  ContainerStatus: ['lastState', 'state'],
  ConversionResponse: ['result'],
  CronJobSpec: ['jobTemplate'],
  CustomResourceDefinitionSpec: ['names'],
  CustomResourceDefinitionStatus: ['acceptedNames'],
  DaemonSetSpec: ['template', 'updateStrategy'],
  DeploymentSpec: ['strategy', 'template'],
  DeviceTaintRuleSpec: ['taint'],
  Endpoint: ['conditions'],
  EphemeralContainer: ['resources'],
  Event: ['deprecatedSource', 'involvedObject', 'regarding', 'source'],
  ExternalMetricSource: ['metric', 'target'],
  ExternalMetricStatus: ['current', 'metric'],
  FlowSchemaSpec: ['priorityLevelConfiguration'],
  HTTPIngressPath: ['backend'],
  HorizontalPodAutoscalerSpec: ['scaleTargetRef'],
  IngressServiceBackend: ['port'],
  IngressStatus: ['loadBalancer'],
  JobSpec: ['template'],
  LimitedPriorityLevelConfiguration: ['limitResponse'],
  MutatingWebhook: ['clientConfig'],
  NetworkPolicySpec: ['podSelector'],
  NodeDaemonEndpoints: ['kubeletEndpoint'],
  NodeStatus: ['daemonEndpoints', 'nodeInfo'],
  ObjectMetricSource: ['describedObject', 'metric', 'target'],
  ObjectMetricStatus: ['current', 'describedObject', 'metric'],
  PersistentVolumeClaimSpec: ['resources'],
  PodTemplate: ['template'],
  PodsMetricSource: ['metric', 'target'],
  PodsMetricStatus: ['current', 'metric'],
  PreferredSchedulingTerm: ['preference'],
  ReplicaSetSpec: ['template'],
  ResourceClaimSpec: ['devices'],
  ResourceMetricSource: ['target'],
  ResourceMetricStatus: ['current'],
  ResourceSliceSpec: ['pool'],
  RoleBinding: ['roleRef'],
  SelfSubjectReviewStatus: ['userInfo'],
  SerializedReference: ['reference'],
  ServiceStatus: ['loadBalancer'],
  StatefulSetSpec: ['template', 'updateStrategy'],
  StorageVersionMigrationSpec: ['resource'],
  TokenReviewStatus: ['user'],
  ValidatingWebhook: ['clientConfig'],
  VolumeAttachmentSpec: ['source'],
  WeightedPodAffinityTerm: ['podAffinityTerm'],
};

export function isEmbeddedStruct({ name }: Definition, field: string): boolean {
  return EVERYWHERE.has(field) || EMBEDDED[name]?.includes(field) === true;
}
