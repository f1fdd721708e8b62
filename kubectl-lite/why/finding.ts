import type { KubernetesObject } from '../../api/meta.ts';

/** One thing that is wrong, or worth knowing, and what could be done about it. */
export interface Finding {
  /** "Pod/web-1" */
  readonly about: string;
  readonly text: string;
  readonly hint?: string;
}

export const titled = ({ kind, metadata }: KubernetesObject): string =>
  `${kind}/${metadata.name ?? ''}`;
