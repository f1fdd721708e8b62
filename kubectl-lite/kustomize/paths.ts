import { isObject } from '../../api/deep.ts';

/** Where a value stands: to be read, set or taken away. */
export interface Spot {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

export const valueAt = ({ holder, key }: Spot): unknown =>
  (holder as Record<string | number, unknown>)[key];

export function setAt({ holder, key }: Spot, value: unknown): void {
  (holder as Record<string | number, unknown>)[key] = value;
}

/** All spots that "spec/containers/image" leads to; lists stand for each of their elements. */
export function spotsAt(value: unknown, path: string): readonly Spot[] {
  return follow(value, path.split('/'));
}

function follow(value: unknown, [field, ...rest]: readonly string[]): readonly Spot[] {
  if (Array.isArray(value)) return value.flatMap((item) => follow(item, [field!, ...rest]));
  if (!isObject(value) || field === undefined || !(field in value)) return [];
  const inner = value[field];
  if (rest.length > 0) return follow(inner, rest);
  if (Array.isArray(inner) && inner.every((item) => typeof item === 'string')) {
    return inner.map((_, key) => ({ holder: inner, key }));
  }
  return [{ holder: value, key: field }];
}

/** The object at the path, made if it is missing. */
export function objectAt(value: Record<string, unknown>, path: string): Record<string, unknown> {
  let at = value;
  for (const field of path.split('/')) {
    if (!isObject(at[field])) at[field] = {};
    at = at[field] as Record<string, unknown>;
  }
  return at;
}

/** Where a kind has its pods' spec. */
export const podSpecPaths: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  Deployment: 'spec/template/spec',
  ReplicaSet: 'spec/template/spec',
  ReplicationController: 'spec/template/spec',
  StatefulSet: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
  Job: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
};
