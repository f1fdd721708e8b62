/**
 * The generated tables, by module ("core-v1", "rbac-v1"): one per group-version. Generated files
 * are only named here; everyone else asks {@link ./table.ts}.
 */
import admissionregistrationV1 from './tables/admissionregistration-v1.json' with { type: 'json' };
import admissionAlpha from './tables/admissionregistration-v1alpha1.json' with { type: 'json' };
import admissionBeta from './tables/admissionregistration-v1beta1.json' with { type: 'json' };
import apiextensionsV1 from './tables/apiextensions-v1.json' with { type: 'json' };
import apiregistrationV1 from './tables/apiregistration-v1.json' with { type: 'json' };
import internal from './tables/apiserverinternal-v1alpha1.json' with { type: 'json' };
import apidiscoveryV2 from './apidiscovery-v2.json' with { type: 'json' };
import appsV1 from './tables/apps-v1.json' with { type: 'json' };
import authenticationV1 from './tables/authentication-v1.json' with { type: 'json' };
import authorizationV1 from './tables/authorization-v1.json' with { type: 'json' };
import autoscalingV1 from './tables/autoscaling-v1.json' with { type: 'json' };
import autoscalingV2 from './tables/autoscaling-v2.json' with { type: 'json' };
import batchV1 from './tables/batch-v1.json' with { type: 'json' };
import certificatesV1 from './tables/certificates-v1.json' with { type: 'json' };
import certificatesV1alpha1 from './tables/certificates-v1alpha1.json' with { type: 'json' };
import certificatesV1beta1 from './tables/certificates-v1beta1.json' with { type: 'json' };
import coordinationV1 from './tables/coordination-v1.json' with { type: 'json' };
import coordinationV1alpha2 from './tables/coordination-v1alpha2.json' with { type: 'json' };
import coordinationV1beta1 from './tables/coordination-v1beta1.json' with { type: 'json' };
import coreV1 from './tables/core-v1.json' with { type: 'json' };
import discoveryV1 from './tables/discovery-v1.json' with { type: 'json' };
import eventsV1 from './tables/events-v1.json' with { type: 'json' };
import flowcontrolV1 from './tables/flowcontrol-v1.json' with { type: 'json' };
import metaV1 from './tables/meta-v1.json' with { type: 'json' };
import networkingV1 from './tables/networking-v1.json' with { type: 'json' };
import networkingV1beta1 from './tables/networking-v1beta1.json' with { type: 'json' };
import nodeV1 from './tables/node-v1.json' with { type: 'json' };
import policyV1 from './tables/policy-v1.json' with { type: 'json' };
import rbacV1 from './tables/rbac-v1.json' with { type: 'json' };
import resourceV1 from './tables/resource-v1.json' with { type: 'json' };
import resourceV1alpha3 from './tables/resource-v1alpha3.json' with { type: 'json' };
import resourceV1beta1 from './tables/resource-v1beta1.json' with { type: 'json' };
import resourceV1beta2 from './tables/resource-v1beta2.json' with { type: 'json' };
import schedulingV1 from './tables/scheduling-v1.json' with { type: 'json' };
import storageV1 from './tables/storage-v1.json' with { type: 'json' };
import storageV1alpha1 from './tables/storage-v1alpha1.json' with { type: 'json' };
import storageV1beta1 from './tables/storage-v1beta1.json' with { type: 'json' };
import metricsV1beta1 from './metrics-v1beta1.json' with { type: 'json' };
import migration from './tables/storagemigration-v1alpha1.json' with { type: 'json' };
import resources from './tables/resources.json' with { type: 'json' };

/** One field as it stands in a table; absent facts are absent keys. */
export interface RawField {
  readonly type: string;
  readonly required?: boolean;
  readonly pointer?: boolean;
  readonly written?: unknown;
  readonly proto?: number;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly mergeKey?: string;
  readonly patchStrategy?: string;
  readonly inline?: boolean;
  readonly wire?: string;
}

export interface RawDefinition {
  /** "apps/v1/Deployment", "/v1/Pod". */
  readonly kind?: string;
  readonly mapType?: string;
  readonly inlineMessages?: Readonly<Record<string, RawInlineMessage>>;
  readonly fields: Readonly<Record<string, RawField>>;
}

export interface RawInlineMessage {
  readonly proto: number;
  readonly fields: Readonly<Record<string, number>>;
  readonly inlineMessages?: Readonly<Record<string, RawInlineMessage>>;
}

export type RawTable = Readonly<Record<string, RawDefinition>>;

/** A served resource of Kubernetes 1.34, as discovery lists it. */
export interface ResourceFacts {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** By name ("status", "scale"); `kind` is "autoscaling/v1/Scale". */
  readonly subresources: Readonly<
    Record<string, { readonly kind: string; readonly verbs: readonly string[] }>
  >;
}

export const rawTables: ReadonlyMap<string, RawTable> = new Map<string, unknown>([
  ['admissionregistration-v1', admissionregistrationV1],
  ['admissionregistration-v1alpha1', admissionAlpha],
  ['admissionregistration-v1beta1', admissionBeta],
  ['apidiscovery-v2', apidiscoveryV2],
  ['apiextensions-v1', apiextensionsV1],
  ['apiregistration-v1', apiregistrationV1],
  ['apiserverinternal-v1alpha1', internal],
  ['apps-v1', appsV1],
  ['authentication-v1', authenticationV1],
  ['authorization-v1', authorizationV1],
  ['autoscaling-v1', autoscalingV1],
  ['autoscaling-v2', autoscalingV2],
  ['batch-v1', batchV1],
  ['certificates-v1', certificatesV1],
  ['certificates-v1alpha1', certificatesV1alpha1],
  ['certificates-v1beta1', certificatesV1beta1],
  ['coordination-v1', coordinationV1],
  ['coordination-v1alpha2', coordinationV1alpha2],
  ['coordination-v1beta1', coordinationV1beta1],
  ['core-v1', coreV1],
  ['discovery-v1', discoveryV1],
  ['events-v1', eventsV1],
  ['flowcontrol-v1', flowcontrolV1],
  ['meta-v1', metaV1],
  ['metrics-v1beta1', metricsV1beta1],
  ['networking-v1', networkingV1],
  ['networking-v1beta1', networkingV1beta1],
  ['node-v1', nodeV1],
  ['policy-v1', policyV1],
  ['rbac-v1', rbacV1],
  ['resource-v1', resourceV1],
  ['resource-v1alpha3', resourceV1alpha3],
  ['resource-v1beta1', resourceV1beta1],
  ['resource-v1beta2', resourceV1beta2],
  ['scheduling-v1', schedulingV1],
  ['storage-v1', storageV1],
  ['storage-v1alpha1', storageV1alpha1],
  ['storage-v1beta1', storageV1beta1],
  ['storagemigration-v1alpha1', migration],
]) as ReadonlyMap<string, RawTable>;

export const rawResources = resources as unknown as readonly ResourceFacts[];
