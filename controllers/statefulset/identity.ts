/** What makes the pod of an ordinal that one: its name, its labels, its volumes. */
import { type Draft, type KubernetesObject, nameOf, namespaceOf } from '../../api/meta.ts';
import type { StatefulSet } from '../../api/types/apps-v1.ts';
import type { PersistentVolumeClaim, Pod, PodTemplateSpec } from '../../api/types/core-v1.ts';
import { controllerReference } from '../runtime/claim.ts';
import { podOf } from '../runtime/pod-control.ts';

const REVISION_LABEL = 'controller-revision-hash';
export const HISTORY_LABEL = 'controller.kubernetes.io/hash';
const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const INDEX_LABEL = 'apps.kubernetes.io/pod-index';

export const wanted = (set: StatefulSet): number => set.spec.replicas ?? 1;
export const firstOrdinal = (set: StatefulSet): number => set.spec.ordinals?.start ?? 0;

export function inRange(set: StatefulSet, ordinal: number): boolean {
  const start = firstOrdinal(set);
  return ordinal >= start && ordinal < start + wanted(set);
}

/** Undefined if the pod is not named after the set. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const [, parent, ordinal] = /^(.*)-(\d+)$/.exec(pod.metadata.name ?? '') ?? [];
  return parent === set.metadata.name ? Number(ordinal) : undefined;
}

export const podRevision = (pod: Pod): string | undefined => pod.metadata.labels?.[REVISION_LABEL];

export interface Version {
  readonly name: string;
  readonly template: PodTemplateSpec;
}

export function newPod(set: StatefulSet, ordinal: number, version: Version): Draft<Pod> {
  const name = `${nameOf(set)}-${ordinal}`;
  const { metadata, spec } = podOf(set, version.template);
  const { generateName: _, ...rest } = metadata;
  const own = (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    name: nameOf(template),
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }));
  const others = (spec.volumes ?? []).filter((volume) => own.every((o) => o.name !== volume.name));
  const volumes = [...own, ...others];
  return {
    metadata: {
      ...rest,
      name,
      generateName: `${nameOf(set)}-`,
      labels: {
        ...metadata.labels,
        ...identityLabels(name, ordinal),
        [REVISION_LABEL]: version.name,
      },
    },
    spec: {
      ...spec,
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  };
}

const identityLabels = (name: string, ordinal: number) => ({
  [POD_NAME_LABEL]: name,
  [INDEX_LABEL]: String(ordinal),
});

/** The labels of a pod that lost the one with its name; undefined if it has that. */
export function repairedLabels(
  pod: Pod,
  ordinal: number,
): Readonly<Record<string, string>> | undefined {
  const { labels } = pod.metadata;
  if (labels?.[POD_NAME_LABEL] === nameOf(pod)) return undefined;
  return { ...labels, ...identityLabels(nameOf(pod), ordinal) };
}

function claimName(set: StatefulSet, template: KubernetesObject, ordinal: number): string {
  return `${nameOf(template)}-${nameOf(set)}-${ordinal}`;
}

/** What an ordinal mounts; owned by the set only where its deletion takes the claims along. */
export function claimsOf(
  set: StatefulSet,
  ordinal: number,
): readonly Draft<PersistentVolumeClaim>[] {
  const dies = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
  return (set.spec.volumeClaimTemplates ?? []).map((template) => {
    const { labels, annotations } = template.metadata;
    return {
      metadata: {
        namespace: namespaceOf(set),
        name: claimName(set, template, ordinal),
        labels: { ...labels, ...set.spec.selector.matchLabels },
        ...(annotations === undefined ? {} : { annotations }),
        ...(dies ? { ownerReferences: [controllerReference(set)] } : {}),
      },
      spec: template.spec ?? {},
    };
  });
}
