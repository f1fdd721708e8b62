import { describe, expect, it } from 'vitest';
import type { Container, PodSpec } from '../../api/types/core-v1.ts';
import { aPod } from '../../test/support/scheduling.ts';
import { excessOf, hasStorageLimits } from './storage-limits.ts';

const KIB = 1024;

const limited = (name: string, limit?: string): Container => ({
  name,
  ...(limit === undefined ? {} : { resources: { limits: { 'ephemeral-storage': limit } } }),
});

const podOf = (spec: Partial<PodSpec>) => {
  const pod = aPod({ name: 'p' });
  return { ...pod, spec: { ...pod.spec, ...spec } };
};

const storage = (containers: Record<string, number>, volumes: Record<string, number> = {}) => ({
  containers: new Map(Object.entries(containers)),
  volumes: new Map(Object.entries(volumes)),
});

describe('a limit of ephemeral storage', () => {
  const scratch = (sizeLimit?: string, medium?: string) =>
    podOf({
      volumes: [
        { name: 'v', emptyDir: { ...(sizeLimit && { sizeLimit }), ...(medium && { medium }) } },
      ],
      containers: [limited('c', '2Ki')],
    });

  it('of an emptyDir is told by its name', () => {
    const pod = scratch('1024');
    expect(excessOf(pod, storage({}, { v: KIB }))).toBeUndefined();
    expect(excessOf(pod, storage({}, { v: KIB + 1 }))).toEqual({
      signal: 'emptydirfs.limit',
      message: 'Usage of EmptyDir volume "v" exceeds the limit "1024". ',
    });
    expect(excessOf(scratch('0'), storage({}, { v: KIB }))).toBeUndefined();
  });

  it('of the pod is that of its containers, emptyDirs on disk included', () => {
    const message = 'Pod ephemeral local storage usage exceeds the total limit of containers 2Ki. ';
    const used = storage({ c: KIB }, { v: KIB + 1 });
    expect(excessOf(scratch(), used)).toEqual({ signal: 'ephemeralpodfs.limit', message });
    expect(excessOf(scratch(undefined, 'Memory'), used)).toBeUndefined();
  });

  it('of one container counts though the others need less than theirs', () => {
    const pod = podOf({ containers: [limited('a', '4Ki'), limited('b', '1Ki'), limited('c')] });
    expect(excessOf(pod, storage({ a: KIB, b: KIB, c: 2 * KIB }))).toBeUndefined();
    expect(excessOf(pod, storage({ a: KIB, b: KIB + 1 }))).toEqual({
      signal: 'ephemeralcontainerfs.limit',
      message: 'Container b exceeded its local ephemeral storage limit "1Ki". ',
    });
  });

  it('is looked for only in pods that have one', () => {
    expect(hasStorageLimits(scratch())).toBe(true);
    const volumes = [{ name: 'v', emptyDir: {} }];
    expect(hasStorageLimits(podOf({ containers: [limited('c')], volumes }))).toBe(false);
    const sized = [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }];
    expect(hasStorageLimits(podOf({ containers: [limited('c')], volumes: sized }))).toBe(true);
  });
});
