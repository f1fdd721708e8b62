import { expect, it } from 'vitest';
import type { Pod, Taint, Toleration } from '../../api/types/core-v1.ts';
import { evictingTaints, toleratedMs } from './plan.ts';

const pod = (...tolerations: Toleration[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [], tolerations },
});

const taint = (key: string, value?: string): Taint => ({
  key,
  effect: 'NoExecute',
  ...(value === undefined ? {} : { value }),
});

const exists = (key: string, seconds?: number): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
});

it.each<[string, Pod, Taint[], number]>([
  ['without taints', pod(), [], Infinity],
  ['without tolerations', pod(), [taint('a')], 0],
  ['one of two tolerated', pod(exists('a')), [taint('a'), taint('b')], 0],
  ['for ever', pod(exists('a')), [taint('a')], Infinity],
  ['everything', pod({ operator: 'Exists' }), [taint('a'), taint('b')], Infinity],
  ['for a time', pod(exists('a', 300)), [taint('a')], 300_000],
  ['the shorter of two', pod(exists('a', 300), exists('b', 5)), [taint('a'), taint('b')], 5000],
  [
    'for ever before for a time',
    pod({ operator: 'Exists' }, exists('a', 5)),
    [taint('a')],
    Infinity,
  ],
  ['for a time before for ever', pod(exists('a', 5), { operator: 'Exists' }), [taint('a')], 5000],
  ['negative seconds', pod(exists('a', -7)), [taint('a')], 0],
  ['another value', pod({ key: 'a', operator: 'Equal', value: 'x' }), [taint('a', 'y')], 0],
  ['another effect', pod({ key: 'a', operator: 'Exists', effect: 'NoSchedule' }), [taint('a')], 0],
])('tolerates: %s', (_, ...[of, taints, ms]) => {
  expect(toleratedMs(of, taints)).toBe(ms);
});

it('looks only at taints that evict', () => {
  const no: Taint = { key: 'a', effect: 'NoSchedule' };
  expect(evictingTaints([no, taint('b')])).toEqual([taint('b')]);
  expect(evictingTaints(undefined)).toEqual([]);
});
