import type { KubernetesObject } from '../../api/meta.ts';

/** What is wrong, or worth knowing, and what could be done about it. */
export interface Told {
  readonly text: string;
  readonly hint?: string;
}

export interface Finding extends Told {
  /** "Pod/web-1" */
  readonly about: string;
}

export const titled = ({ kind, metadata }: KubernetesObject): string =>
  `${kind}/${metadata.name ?? ''}`;

export const about = (object: KubernetesObject, told: readonly Told[]): Finding[] =>
  told.map((one) => ({ ...one, about: titled(object) }));
