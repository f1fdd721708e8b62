import type { KubernetesObject } from '../../../api/meta.ts';
import { groupResource } from '../../../api/resource.ts';
import type { CronJob, Job } from '../../../api/types/batch-v1.ts';
import type { Pod, PodSpec, PodTemplate, PodTemplateSpec } from '../../../api/types/core-v1.ts';
import type { ObjectMeta } from '../../../api/types/meta-v1.ts';

export interface PodLike {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

type Extract = (object: KubernetesObject) => PodTemplateSpec | undefined;

/** ReplicaSets, Deployments and all who keep their template at the same place. */
const ofSpec: Extract = (object) => (object as Job).spec.template;

const templates: Readonly<Record<string, Extract>> = {
  replicationcontrollers: ofSpec,
  podtemplates: (object) => (object as PodTemplate).template,
  'replicasets.apps': ofSpec,
  'deployments.apps': ofSpec,
  'statefulsets.apps': ofSpec,
  'daemonsets.apps': ofSpec,
  'jobs.batch': ofSpec,
  'cronjobs.batch': (object) => (object as CronJob).spec.jobTemplate.spec?.template,
};

type GroupResource = { readonly group: string; readonly resource: string };

/** True for what makes pods of a template. */
export function hasTemplate(type: GroupResource): boolean {
  return Object.hasOwn(templates, groupResource(type));
}

/** The pod, or the pod that would be made; undefined for a template without one. */
export function podOf(type: GroupResource, object: KubernetesObject): PodLike | undefined {
  if (type.group === '' && type.resource === 'pods') return object as Pod;
  const template = templates[groupResource(type)]?.(object);
  const spec = template?.spec;
  return spec === undefined ? undefined : { metadata: template?.metadata ?? {}, spec };
}
