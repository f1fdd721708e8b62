/** Limits of ephemeral storage, in the order in which the kubelet looks at them. */
import { formatQuantity, parseQuantity, wholeValue } from '../../api/quantity.ts';
import { podTotal } from '../../api/quota/pod-resources.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { PodStorage } from '../container-streams.ts';

const STORAGE = 'ephemeral-storage';

export interface Excess {
  /** As kubelet_evictions counts it. */
  readonly signal: string;
  readonly message: string;
}

export function hasStorageLimits({ spec }: Pod): boolean {
  return (
    (spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) ||
    [...spec.containers, ...(spec.initContainers ?? [])].some(
      ({ resources }) => resources?.limits?.[STORAGE] !== undefined,
    )
  );
}

/** What the pod has to go for; undefined if it keeps within its limits. */
export function excessOf(pod: Pod, storage: PodStorage): Excess | undefined {
  return ofVolumes(pod, storage) ?? ofPod(pod, storage) ?? ofContainers(pod, storage);
}

function ofVolumes({ spec }: Pod, { volumes }: PodStorage): Excess | undefined {
  for (const { name, emptyDir } of spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    // Zero is none.
    if (limit === undefined || wholeValue(limit) <= 0) continue;
    if ((volumes.get(name) ?? 0) <= wholeValue(limit)) continue;
    const message = `Usage of EmptyDir volume "${name}" exceeds the limit "${canonical(limit)}". `;
    return { signal: 'emptydirfs.limit', message };
  }
  return undefined;
}

function ofPod({ spec }: Pod, { containers, volumes }: PodStorage): Excess | undefined {
  const limit = podTotal(spec, 'limits').get(STORAGE);
  if (limit === undefined) return undefined;
  const inMemory = new Set(
    (spec.volumes ?? [])
      .filter(({ emptyDir }) => emptyDir?.medium === 'Memory')
      .map(({ name }) => name),
  );
  const onDisk = [...volumes].filter(([name]) => !inMemory.has(name));
  const used = [...containers, ...onDisk].reduce((sum, [, bytes]) => sum + bytes, 0);
  const text = formatQuantity(limit);
  if (used <= wholeValue(text)) return undefined;
  return {
    signal: 'ephemeralpodfs.limit',
    message: `Pod ephemeral local storage usage exceeds the total limit of containers ${text}. `,
  };
}

function ofContainers({ spec }: Pod, { containers }: PodStorage): Excess | undefined {
  for (const { name, resources } of spec.containers) {
    const limit = resources?.limits?.[STORAGE];
    if (limit === undefined || wholeValue(limit) === 0) continue;
    if ((containers.get(name) ?? 0) <= wholeValue(limit)) continue;
    const text = canonical(limit);
    const message = `Container ${name} exceeded its local ephemeral storage limit "${text}". `;
    return { signal: 'ephemeralcontainerfs.limit', message };
  }
  return undefined;
}

const canonical = (quantity: string | number): string => formatQuantity(parseQuantity(quantity));
