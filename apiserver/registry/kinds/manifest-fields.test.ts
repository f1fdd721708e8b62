/**
 * The manifests of `manifests.test.ts` are full: together they set every field that a client may
 * set in an object of any kind, but for those named here.
 */
import { expect, it } from 'vitest';
import {
  type Definition,
  definitionOf,
  type Field,
  resolve,
  type TypeRef,
} from '../../../api/schema/table.ts';
import { apiVersionOf } from '../../../api/resource.ts';
import { manifests } from '../../../test/support/manifests.ts';
import { kinds } from './index.ts';

type Visit = (definition: Definition, field: Field) => void;

/** The server's own, beside what it makes of them; the status has a subresource. */
const serverOwned = new Set(
  [
    'creationTimestamp deletionGracePeriodSeconds deletionTimestamp generateName generation',
    'managedFields resourceVersion selfLink uid',
  ].flatMap((line) => line.split(' ').map((name) => `meta-v1.ObjectMeta.${name}`)),
);

/** Features that Kubernetes 1.34 has switched off, and forms that are refused or never kept. */
const without: readonly [why: string, fields: string][] = [
  ['EnvFiles', 'core-v1.EnvVarSource.fileKeyRef'],
  ['HostnameOverride', 'core-v1.PodSpec.hostnameOverride'],
  ['ContainerRestartRules', 'core-v1.Container.restartPolicyRules'],
  ['ContainerStopSignals', 'core-v1.Lifecycle.stopSignal'],
  ['PodCertificateRequest', 'core-v1.VolumeProjection.podCertificate'],
  ['ImageVolume', 'core-v1.Volume.image'],
  ['ClusterTrustBundleProjection', 'core-v1.VolumeProjection.clusterTrustBundle'],
  ['no longer kept', 'core-v1.NodeSpec.configSource'],
  ['no longer kept', 'discovery-v1.Endpoint.deprecatedTopology'],
  ['CrossNamespaceVolumeDataSource', 'core-v1.TypedObjectReference.namespace'],
  ['MutableCSINodeAllocatableCount', 'storage-v1.CSIDriverSpec.nodeAllocatableUpdatePeriodSeconds'],
  ['MaxUnavailableStatefulSet', 'apps-v1.RollingUpdateStatefulSetStrategy.maxUnavailable'],
  ['HPAConfigurableTolerance', 'autoscaling-v2.HPAScalingRules.tolerance'],
  ['CoordinatedLeaderElection', 'coordination-v1.LeaseSpec.preferredHolder'],
  ['CoordinatedLeaderElection', 'coordination-v1.LeaseSpec.strategy'],
  ['DRAExtendedResource', 'resource-v1.DeviceClassSpec.extendedResourceName'],
  ['DRAConsumableCapacity', 'resource-v1.DeviceConstraint.distinctAttribute'],
  ['DRAConsumableCapacity', 'resource-v1.ExactDeviceRequest.capacity'],
  ['DRAConsumableCapacity', 'resource-v1.DeviceSubRequest.capacity'],
  ['DRAConsumableCapacity', 'resource-v1.Device.allowMultipleAllocations'],
  ['DRAConsumableCapacity', 'resource-v1.DeviceCapacity.requestPolicy'],
  ['DRADeviceTaints', 'resource-v1.ExactDeviceRequest.tolerations'],
  ['DRADeviceTaints', 'resource-v1.DeviceSubRequest.tolerations'],
  ['DRADeviceTaints', 'resource-v1.Device.taints'],
  ['DRAPartitionableDevices', 'resource-v1.Device.allNodes'],
  ['DRAPartitionableDevices', 'resource-v1.Device.nodeName'],
  ['DRAPartitionableDevices', 'resource-v1.Device.nodeSelector'],
  ['DRAPartitionableDevices', 'resource-v1.Device.consumesCounters'],
  ['DRAPartitionableDevices', 'resource-v1.ResourceSliceSpec.sharedCounters'],
  ['DRAPartitionableDevices', 'resource-v1.ResourceSliceSpec.perDeviceNodeSelection'],
  ['DRADeviceBindingConditions', 'resource-v1.Device.bindingConditions'],
  ['DRADeviceBindingConditions', 'resource-v1.Device.bindingFailureConditions'],
  ['DRADeviceBindingConditions', 'resource-v1.Device.bindsToNode'],
  ['set through the subresource', 'core-v1.PodSpec.ephemeralContainers'],
  ['kept as data', 'core-v1.Secret.stringData'],
  ['who asks is who asked', 'certificates-v1.CertificateSigningRequestSpec.extra'],
  ['who asks is who asked', 'certificates-v1.CertificateSigningRequestSpec.groups'],
  ['who asks is who asked', 'certificates-v1.CertificateSigningRequestSpec.uid'],
  ['who asks is who asked', 'certificates-v1.CertificateSigningRequestSpec.username'],
  ['refused in new events', 'events-v1.Event.deprecatedCount'],
  ['refused in new events', 'events-v1.Event.deprecatedFirstTimestamp'],
  ['refused in new events', 'events-v1.Event.deprecatedLastTimestamp'],
  ['refused in new events', 'events-v1.Event.deprecatedSource'],
  ['exempt levels are the server’s', 'flowcontrol-v1.PriorityLevelConfigurationSpec.exempt'],
  ['false is absence', 'apiextensions-v1.CustomResourceDefinitionSpec.preserveUnknownFields'],
  ['no structural schema has it', 'apiextensions-v1.JSONSchemaProps.$ref'],
  ['no structural schema has it', 'apiextensions-v1.JSONSchemaProps.$schema'],
  ['no structural schema has it', 'apiextensions-v1.JSONSchemaProps.additionalItems'],
  ['no structural schema has it', 'apiextensions-v1.JSONSchemaProps.definitions'],
  ['no structural schema has it', 'apiextensions-v1.JSONSchemaProps.dependencies'],
  ['no structural schema has it', 'apiextensions-v1.JSONSchemaProps.id'],
  ['no structural schema has it', 'apiextensions-v1.JSONSchemaProps.patternProperties'],
  ['no structural schema has it', 'apiextensions-v1.JSONSchemaProps.uniqueItems'],
];

function isSettable({ module, name }: Definition, field: Field): boolean {
  if (field.name === 'apiVersion' || field.name === 'kind' || field.name === 'status') return false;
  const path = `${module}.${name}.${field.name}`;
  return !serverOwned.has(path) && !without.some(([, off]) => off === path);
}

/** Every field below a definition, once. */
function reach(definition: Definition, seen: Set<Definition>, visit: Visit): void {
  if (seen.has(definition)) return;
  seen.add(definition);
  for (const field of definition.fields.values()) {
    if (!isSettable(definition, field)) continue;
    visit(definition, field);
    let type: TypeRef = field.type;
    while (type.shape === 'list' || type.shape === 'map') type = type.of;
    if (type.shape === 'message') reach(resolve(type), seen, visit);
  }
}

/** Every field that a value has. */
function walk(type: TypeRef, value: unknown, visit: Visit): void {
  if (type.shape === 'list') for (const each of value as unknown[]) walk(type.of, each, visit);
  if (type.shape === 'map')
    for (const each of Object.values(value as object)) walk(type.of, each, visit);
  if (type.shape === 'message') walkFields(resolve(type), value as Record<string, unknown>, visit);
}

function walkFields(definition: Definition, value: Record<string, unknown>, visit: Visit): void {
  for (const field of definition.fields.values()) {
    if (value[field.name] === undefined) continue;
    visit(definition, field);
    if (field.wire === undefined || field.wire === 'itemsMessage')
      walk(field.type, value[field.name], visit);
    else walkSchemas(definition, value[field.name], visit);
  }
}

/** A JSONSchemaProps where Go has a type of its own: `items` and its like. */
function walkSchemas(definition: Definition, value: unknown, visit: Visit): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    walkFields(definition, value as Record<string, unknown>, visit);
}

const pathOf = ({ module, name }: Definition, field: Field): string =>
  `${module}.${name}.${field.name}`;

it('every field of every stored kind is in a manifest', () => {
  const wanted = new Set<string>();
  const seen = new Set<Definition>();
  for (const { type, verbs } of kinds) {
    const stored = verbs === undefined || (verbs.includes('create') && verbs.includes('get'));
    const definition = definitionOf(type);
    if (stored && definition !== undefined)
      reach(definition, seen, (owner, field) => wanted.add(pathOf(owner, field)));
  }
  const set = new Set<string>();
  for (const manifest of manifests) {
    const { type } = kinds.find(
      (each) => apiVersionOf(each.type) === manifest.apiVersion && each.type.kind === manifest.kind,
    )!;
    walkFields(definitionOf(type)!, manifest, (owner, field) => set.add(pathOf(owner, field)));
  }
  expect(wanted.size).toBeGreaterThan(1_000);
  expect([...wanted].filter((path) => !set.has(path))).toEqual([]);
});

it('what is left out is still there', () => {
  const all = new Set<string>();
  for (const { type } of kinds) {
    const definition = definitionOf(type);
    const add = (owner: Definition): void => {
      for (const field of owner.fields.values()) all.add(pathOf(owner, field));
    };
    if (definition !== undefined) reach(definition, new Set(), add);
  }
  expect(without.map(([, path]) => path).filter((path) => !all.has(path))).toEqual([]);
});
