import { type Labels, matchesLabelSelector } from '../../api/selector/label.ts';
import type { LabelSelector } from '../../api/types/meta-v1.ts';

export type LabelMatcher = (labels: Labels | undefined) => boolean;

export function labelMatcher(selector: LabelSelector | undefined): LabelMatcher {
  return (labels) => matchesLabelSelector(selector, labels);
}

/** A Service's selector: equality only; empty selects nothing. */
export function equalityMatcher(selector: Labels | undefined): LabelMatcher {
  const wanted = Object.entries(selector ?? {});
  if (wanted.length === 0) return () => false;
  return (labels = {}) => wanted.every(([name, value]) => labels[name] === value);
}

export function selectsEverything(selector: LabelSelector | undefined): boolean {
  return (
    selector !== undefined &&
    Object.keys(selector.matchLabels ?? {}).length === 0 &&
    (selector.matchExpressions ?? []).length === 0
  );
}
