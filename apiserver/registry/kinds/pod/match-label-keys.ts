/**
 * `matchLabelKeys` are short for "with the value this very pod has": at creation they become
 * requirements of the label selector, so that nobody after the API server needs to know of them.
 */
import type { Mutable } from '../../../../api/meta.ts';
import type { Pod, PodAffinityTerm } from '../../../../api/types/core-v1.ts';
import type { LabelSelector } from '../../../../api/types/meta-v1.ts';

interface KeyedTerm {
  labelSelector?: Mutable<LabelSelector>;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

function merge(term: KeyedTerm, labels: Readonly<Record<string, string>>): void {
  const selector = term.labelSelector;
  if (!selector) return;
  const add = (keys: readonly string[] | undefined, operator: string): void => {
    for (const key of keys ?? []) {
      const value = labels[key];
      if (value === undefined) continue;
      (selector.matchExpressions ??= []).push({ key, operator, values: [value] });
    }
  };
  add(term.matchLabelKeys, 'In');
  add(term.mismatchLabelKeys, 'NotIn');
}

export function mergeMatchLabelKeys({ metadata, spec }: Mutable<Pod>): void {
  const labels = metadata.labels ?? {};
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const terms: Mutable<PodAffinityTerm>[] = [];
  for (const affinity of [podAffinity, podAntiAffinity]) {
    terms.push(...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []));
    for (const weighted of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      terms.push(weighted.podAffinityTerm);
    }
  }
  for (const term of [...terms, ...(spec.topologySpreadConstraints ?? [])]) merge(term, labels);
}
