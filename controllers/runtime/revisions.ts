/**
 * ControllerRevisions: the history of a template, as StatefulSets and DaemonSets keep it. A
 * revision's data is a strategic merge patch of the owner; `kubectl rollout undo` applies it.
 */
import { deepEqual } from '../../api/deep.ts';
import { goJson, sortKeys } from '../../api/go-json.ts';
import { rounded } from '../../api/long-integer.ts';
import { type KubernetesObject, nameOf, namespaceOf } from '../../api/meta.ts';
import type { ControllerRevision } from '../../api/types/apps-v1.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import { fnv32 } from '../../platform/fnv.ts';
import { controllerReference } from './claim.ts';
import { hashText } from './template-hash.ts';

export interface TemplateOwner extends KubernetesObject {
  readonly spec: { readonly template: PodTemplateSpec };
  readonly status?: { readonly collisionCount?: number };
}

const NAME_LIMIT = 223;

/**
 * Keys in order, as Go encodes them: who compares the bytes (kube-controller-manager, Kubernetes'
 * own tests) would else take the template for another.
 */
export function revisionData(template: PodTemplateSpec): unknown {
  return sortKeys({ spec: { template: { ...template, $patch: 'replace' } } });
}

/** The template a revision stands for; undefined if its data is of another making. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec | undefined {
  const { spec } = (revision.data ?? {}) as { spec?: { template?: object } };
  if (spec?.template === undefined) return undefined;
  const { $patch: _, ...template } = spec.template as PodTemplateSpec & { $patch?: string };
  return template;
}

export const byRevision = (a: ControllerRevision, b: ControllerRevision): number =>
  rounded(a.revision) - rounded(b.revision) ||
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  nameOf(a).localeCompare(nameOf(b));

/** How a kind names its revisions. */
export interface RevisionHash {
  /** Where revisions have the hash. */
  readonly label: string;
  readonly of: (template: PodTemplateSpec, collisionCount?: number) => string;
}

/** kube-controller-manager's `HashControllerRevision`. */
export const dataHash = (template: PodTemplateSpec, collisionCount = 0): string =>
  hashText(fnv32(`${goJson(revisionData(template))}${collisionCount}`));

/** `collisionCount`: other than the owner's status tells. */
export function newRevision(
  owner: TemplateOwner,
  revision: number,
  {
    label,
    of,
    collisionCount = owner.status?.collisionCount,
  }: RevisionHash & { readonly collisionCount?: number },
): ControllerRevision {
  const { template } = owner.spec;
  const hash = of(template, collisionCount);
  const { annotations } = owner.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      namespace: namespaceOf(owner),
      name: `${nameOf(owner).slice(0, NAME_LIMIT)}-${hash}`,
      labels: { ...template.metadata?.labels, [label]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerReference(owner)],
    },
    data: revisionData(template),
    revision,
  };
}

/** What has to be written for the history to end in the owner's template. */
export type RevisionStep =
  | { readonly type: 'none'; readonly current: ControllerRevision }
  /** The template is one of old: its revision becomes the newest. */
  | { readonly type: 'renumber'; readonly from: ControllerRevision; readonly revision: number }
  | { readonly type: 'create'; readonly draft: ControllerRevision };

export function planRevision(
  owner: TemplateOwner,
  history: readonly ControllerRevision[],
  hash: RevisionHash,
): RevisionStep {
  const sorted = [...history].sort(byRevision);
  const data = revisionData(owner.spec.template);
  const equal = sorted.filter((revision) => deepEqual(revision.data, data)).at(-1);
  const newest = sorted.at(-1);
  const next = rounded(newest?.revision ?? 0) + 1;
  if (equal !== undefined && equal === newest) return { type: 'none', current: equal };
  if (equal !== undefined) return { type: 'renumber', from: equal, revision: next };
  return { type: 'create', draft: newRevision(owner, next, hash) };
}

/** The oldest revisions beyond `limit`, of those that are not in use. */
export function expiredRevisions(
  history: readonly ControllerRevision[],
  inUse: (revision: ControllerRevision) => boolean,
  limit: number,
): readonly ControllerRevision[] {
  const idle = history.filter((revision) => !inUse(revision)).sort(byRevision);
  return idle.slice(0, Math.max(0, idle.length - limit));
}
