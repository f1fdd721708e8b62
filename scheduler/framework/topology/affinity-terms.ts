import {
  formatLabelSelector,
  labelRequirements,
  matchesLabels,
} from '../../../api/selector/label.ts';
import { namespaceOf } from '../../../api/meta.ts';
import type { Labels } from '../../../api/selector/label.ts';
import type { Pod, PodAffinityTerm } from '../../../api/types/core-v1.ts';
import type { LabelSelector } from '../../../api/types/meta-v1.ts';
import type { LabelClass } from './label-class.ts';

/** The labels of a namespace; undefined if there is no such namespace. */
export type NamespaceLabels = (namespace: string) => Labels | undefined;

/** Says which pods are meant. Equal keys mean the same pods. */
export interface PodMatcher {
  readonly key: string;
  /** True if the answer depends on the labels of namespaces. */
  readonly byNamespaceLabels: boolean;
  matches(pods: LabelClass, namespaceLabels: NamespaceLabels): boolean;
}

/** One term of spec.affinity.podAffinity or podAntiAffinity. */
export interface AffinityTerm {
  readonly matcher: PodMatcher;
  readonly topologyKey: string;
  /** Preferred terms: 1 to 100, negative for anti-affinity. Required ones: 0. */
  readonly weight: number;
}

export interface PodTerms {
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferred: readonly AffinityTerm[];
}

/** A selector that was left out matches nothing; an empty one everything. */
const selectorKey = (selector: LabelSelector | undefined): string =>
  selector === undefined ? '-' : `(${formatLabelSelector(labelRequirements(selector))})`;

const selects = (selector: LabelSelector | undefined, labels: Labels | undefined): boolean =>
  selector !== undefined && matchesLabels(labelRequirements(selector), labels);

/** Pods of one namespace that `selector` selects and that are not being deleted. */
export function spreadMatcher(namespace: string, selector: LabelSelector | undefined): PodMatcher {
  return {
    key: `${namespace}/live/${selectorKey(selector)}`,
    byNamespaceLabels: false,
    matches: (pods) =>
      !pods.terminating && pods.namespace === namespace && selects(selector, pods.labels),
  };
}

/**
 * Namespaces: those listed and those selected; the pod's own if neither is given. An empty
 * namespace selector means all, whatever their labels.
 */
function termMatcher(term: PodAffinityTerm, ownNamespace: string): PodMatcher {
  const { labelSelector, namespaceSelector, namespaces: listed = [] } = term;
  const named = new Set(
    listed.length === 0 && namespaceSelector === undefined ? [ownNamespace] : listed,
  );
  const wanted = namespaceSelector && labelRequirements(namespaceSelector);
  const all = wanted?.length === 0;
  const inNamespace = (namespace: string, labelsOf: NamespaceLabels): boolean => {
    if (all || named.has(namespace)) return true;
    const labels = wanted && labelsOf(namespace);
    return wanted !== undefined && labels !== undefined && matchesLabels(wanted, labels);
  };
  const where = all ? '*' : `${[...named].sort().join()}${selectorKey(namespaceSelector)}`;
  return {
    key: `${where}/${selectorKey(labelSelector)}`,
    byNamespaceLabels: wanted !== undefined && !all,
    matches: (pods, labelsOf) =>
      selects(labelSelector, pods.labels) && inNamespace(pods.namespace, labelsOf),
  };
}

/** Pods that every one of the terms means. */
export function allOf(terms: readonly AffinityTerm[]): PodMatcher {
  if (terms.length === 1) return terms[0]!.matcher;
  const matchers = terms.map(({ matcher }) => matcher);
  return {
    key: matchers.map(({ key }) => key).join('&'),
    byNamespaceLabels: matchers.some(({ byNamespaceLabels }) => byNamespaceLabels),
    matches: (pods, labelsOf) => matchers.every((matcher) => matcher.matches(pods, labelsOf)),
  };
}

/** Undefined for the many pods without such terms. */
export function podTerms(pod: Pod): PodTerms | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return undefined;
  const namespace = namespaceOf(pod);
  const read = (term: PodAffinityTerm, weight: number): AffinityTerm => ({
    matcher: termMatcher(term, namespace),
    topologyKey: term.topologyKey,
    weight,
  });
  const required = (terms: readonly PodAffinityTerm[] = []) => terms.map((term) => read(term, 0));
  const { preferredDuringSchedulingIgnoredDuringExecution: liked = [] } = podAffinity ?? {};
  const { preferredDuringSchedulingIgnoredDuringExecution: disliked = [] } = podAntiAffinity ?? {};
  return {
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: [
      ...liked.map(({ weight, podAffinityTerm }) => read(podAffinityTerm, weight)),
      ...disliked.map(({ weight, podAffinityTerm }) => read(podAffinityTerm, -weight)),
    ],
  };
}
