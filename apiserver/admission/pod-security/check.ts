import type { Container, EphemeralContainer, PodSpec } from '../../../api/types/core-v1.ts';
import type { ObjectMeta } from '../../../api/types/meta-v1.ts';

/** What a check found: "hostPort (container "a" uses hostPort 80)". */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export type CheckPod = (metadata: ObjectMeta, spec: PodSpec) => Violation | undefined;

/** One control of the Pod Security Standards, as it changed over the versions. */
export interface Check {
  readonly level: 'baseline' | 'restricted';
  /** Ascending: the last one that is not newer than the policy's version counts. */
  readonly versions: readonly { readonly minor: number; readonly check: CheckPod }[];
  /** The check of the baseline that this one contains. */
  readonly replaces?: Check;
}

/** A container of any kind: what checks look at is the same in all. */
export type AnyContainer = Container | EphemeralContainer;

export function containersOf(spec: PodSpec): readonly AnyContainer[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
}

const namesOf = (containers: readonly AnyContainer[]): readonly string[] =>
  containers.map(({ name }) => name);

/** `one` for a single thing, else `many`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  count === 1 ? one : many;

/** `"a", "b"`. */
export const quoted = (texts: readonly string[]): string =>
  texts.map((text) => JSON.stringify(text)).join(', ');

/** Each once, in order of the alphabet. */
export const sorted = (texts: Iterable<string>): string[] => [...new Set(texts)].sort();

/** `container "a"`, `containers "a", "b"`. */
export function containersText(containers: readonly AnyContainer[]): string {
  return `${plural(containers.length, 'container')} ${quoted(namesOf(containers))}`;
}

/** `pod and container "a"`: who set what may not be set. */
export function settersText(pod: boolean, containers: readonly AnyContainer[]): string {
  const parts = pod ? ['pod'] : [];
  if (containers.length > 0) parts.push(containersText(containers));
  return parts.join(' and ');
}

/** Since 1.25 some controls make no sense for pods that say they are for Windows. */
export function unlessWindows(check: CheckPod): CheckPod {
  return (metadata, spec) => (spec.os?.name === 'windows' ? undefined : check(metadata, spec));
}
