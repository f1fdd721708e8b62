/** What the rollout commands know of the kinds that roll out. */
import { controllerOf, type KubernetesObject } from '../../api/meta.ts';
import { controllerRevisions, replicaSets } from '../../api/resources.ts';
import { resourcePath } from '../../api/resource.ts';
import { deepEqual } from '../../api/deep.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import { listItems } from '../resource/list.ts';
import { type Located, titleOf } from '../resource/located.ts';
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

export function asWorkload(located: Located, live: KubernetesObject): Workload {
  if (located.type.group === 'apps' && rolling.includes(located.type.kind)) return live as Workload;
  throw new UsageError(
    `no rollout of ${titleOf(located)}: only deployments, daemonsets and statefulsets roll out`,
  );
}

/** One of the templates that a workload has had. */
export interface Revision {
  readonly revision: number;
  readonly cause: string | undefined;
  readonly template: PodTemplateSpec;
  /** Of the ReplicaSet or ControllerRevision that keeps it. */
  readonly source: KubernetesObject;
}

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const causeAnnotation = 'kubernetes.io/change-cause';

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
    revision: Number(annotations[revisionAnnotation] ?? 0),
    cause: annotations[causeAnnotation],
    template: (source as Workload).spec.template,
    source,
  };
}

function ofControllerRevision(source: KubernetesObject, workload: Workload): Revision {
  const { revision = 0, data } = source as unknown as {
    revision?: number;
    data?: { spec?: { template?: PodTemplateSpec } };
  };
  return {
    revision,
    cause: source.metadata.annotations?.[causeAnnotation],
    template: data?.spec?.template ?? workload.spec.template,
    source,
  };
}

/** A template without the label that only tells ReplicaSets apart. */
export function plainTemplate(template: PodTemplateSpec): PodTemplateSpec {
  const { 'pod-template-hash': _, ...labels } = template.metadata?.labels ?? {};
  const { creationTimestamp: __, ...metadata } = template.metadata ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}

export const sameTemplate = (a: PodTemplateSpec, b: PodTemplateSpec): boolean =>
  deepEqual(withoutStrategy(plainTemplate(a)), withoutStrategy(plainTemplate(b)));

/** The marker that stored patches of ControllerRevisions carry. */
function withoutStrategy(template: PodTemplateSpec): unknown {
  const { $patch: _, ...rest } = template as PodTemplateSpec & { $patch?: string };
  return rest;
}
