/** What the rollout commands know of the kinds that roll out. */
import { controllerOf, type KubernetesObject } from '../../api/meta.ts';
import { controllerRevisions, replicaSets } from '../../api/resources.ts';
import { resourcePath } from '../../api/resource.ts';
import { deepEqual } from '../../api/deep.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import { listItems } from '../resource/list.ts';
import type { Found } from '../resource/builder.ts';
import type { Located } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface Workload extends KubernetesObject {
  readonly spec: {
    readonly paused?: boolean;
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template: PodTemplateSpec;
    readonly updateStrategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly partition?: number };
    };
    readonly progressDeadlineSeconds?: number;
  };
  readonly status?: Readonly<Record<string, unknown>>;
}

const rolling = ['Deployment', 'DaemonSet', 'StatefulSet'];

/** `refusal`: what to say of an object that does not roll out. */
export function asWorkload(
  located: Located,
  live: KubernetesObject,
  refusal: (located: Located) => string,
): Workload {
  if (located.type.group === 'apps' && rolling.includes(located.type.kind)) return live as Workload;
  throw new UsageError(refusal(located));
}

/** "Pod", "ReplicaSet.apps" */
export const groupKind = ({ type }: Located): string =>
  type.group === '' ? type.kind : `${type.kind}.${type.group}`;

/** What every rollout command refuses before it asks the server. */
export function checkRequest(request: {
  readonly words: readonly string[];
  readonly filename: readonly string[];
  readonly kustomize: string;
  readonly revision?: number;
}): void {
  const { words, filename, kustomize, revision = 0 } = request;
  if (words.length === 0 && filename.length === 0 && kustomize === '') {
    throw new UsageError('required resource not specified');
  }
  if (revision < 0) throw new UsageError(`revision must be a positive integer: ${revision}`);
}

/** For those that say so when there is nothing. */
export function complainOfNothing(session: Session, { located, failures }: Found): void {
  if (located.length > 0 || failures.length > 0) return;
  session.complain(`No resources found in ${session.namespace} namespace.`);
}

/** One of the templates that a workload has had. */
export interface Revision {
  readonly revision: number;
  readonly cause: string | undefined;
  readonly template: PodTemplateSpec;
  /** The ReplicaSet or ControllerRevision that keeps it. */
  readonly source: KubernetesObject;
  /** What is printed of it in full: the ReplicaSet, or the workload as it was. */
  readonly shown: KubernetesObject;
}

const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
const CAUSE_ANNOTATION = 'kubernetes.io/change-cause';

/** Oldest first. */
export async function revisionsOf(
  session: Session,
  workload: Workload,
): Promise<readonly Revision[]> {
  const isDeployment = workload.kind === 'Deployment';
  const path = resourcePath(isDeployment ? replicaSets : controllerRevisions, {
    namespace: workload.metadata.namespace ?? '',
  });
  const owned = (await listItems(session, { path })).filter(
    (item) => controllerOf(item)?.uid === workload.metadata.uid,
  );
  const revisions = owned.map((source) =>
    isDeployment ? ofReplicaSet(source) : ofControllerRevision(source, workload),
  );
  return revisions.filter(({ revision }) => revision > 0).sort((a, b) => a.revision - b.revision);
}

function ofReplicaSet(source: KubernetesObject): Revision {
  const { annotations = {} } = source.metadata;
  return {
    revision: Number(annotations[REVISION_ANNOTATION] ?? 0),
    cause: annotations[CAUSE_ANNOTATION],
    template: (source as Workload).spec.template,
    source,
    shown: { ...source, apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  };
}

function ofControllerRevision(source: KubernetesObject, workload: Workload): Revision {
  const { revision = 0, data } = source as unknown as {
    revision?: number;
    data?: { spec?: { template?: PodTemplateSpec } };
  };
  const template = withoutMarker(data?.spec?.template ?? workload.spec.template);
  return {
    revision,
    cause: source.metadata.annotations?.[CAUSE_ANNOTATION],
    template,
    source,
    shown: { ...workload, spec: { ...workload.spec, template } } as Workload,
  };
}

/** A template without the label that only tells ReplicaSets apart. */
export function plainTemplate(template: PodTemplateSpec): PodTemplateSpec {
  const { 'pod-template-hash': _, ...labels } = template.metadata?.labels ?? {};
  const { creationTimestamp: __, ...metadata } = template.metadata ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}

export const sameTemplate = (a: PodTemplateSpec, b: PodTemplateSpec): boolean =>
  deepEqual(plainTemplate(a), plainTemplate(b));

/** Without the marker that stored patches of ControllerRevisions carry. */
function withoutMarker(template: PodTemplateSpec): PodTemplateSpec {
  const { $patch: _, ...rest } = template as PodTemplateSpec & { $patch?: string };
  return rest;
}
