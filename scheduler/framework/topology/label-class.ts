import type { Labels } from '../../../api/selector/label.ts';
import { namespaceOf } from '../../../api/meta.ts';
import type { Pod } from '../../../api/types/core-v1.ts';

/**
 * What a label selector can tell of a pod. Pods made from one template look alike to every
 * selector, so that selectors are matched once per class instead of once per pod.
 */
export interface LabelClass {
  readonly key: string;
  readonly namespace: string;
  readonly labels: Labels | undefined;
  /** Pods being deleted count for affinity, not for spreading. */
  readonly terminating: boolean;
}

function keyOfLabels(labels: Labels | undefined): string {
  if (labels === undefined) return '';
  let key = '';
  for (const name of Object.keys(labels).sort()) key += `\n${name}=${labels[name]}`;
  return key;
}

/** Two pods have the same key if and only if their classes are equal: no label holds "\n". */
export function labelClassOf(pod: Pod): LabelClass {
  const { labels, deletionTimestamp } = pod.metadata;
  const namespace = namespaceOf(pod);
  const terminating = deletionTimestamp !== undefined;
  const key = `${namespace}${terminating ? '!' : ''}${keyOfLabels(labels)}`;
  return { key, namespace, labels, terminating };
}
