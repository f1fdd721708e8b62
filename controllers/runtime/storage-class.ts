import { timeOf } from './pods.ts';
import { nameOf } from '../../api/meta.ts';
import type { StorageClass } from '../../api/types/storage-v1.ts';

export const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const BETA_DEFAULT_CLASS = 'storageclass.beta.kubernetes.io/is-default-class';

/** Of several defaults the newest, then the first by name. */
export function defaultClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const [first] = classes
    .filter(({ metadata: { annotations } }) =>
      [DEFAULT_CLASS, BETA_DEFAULT_CLASS].some((name) => annotations?.[name] === 'true'),
    )
    .sort((a, b) => madeMs(b) - madeMs(a) || (nameOf(a) < nameOf(b) ? -1 : 1));
  return first;
}

function madeMs({ metadata }: StorageClass): number {
  return timeOf(metadata.creationTimestamp) ?? 0;
}
