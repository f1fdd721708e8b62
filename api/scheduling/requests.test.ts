import { describe, expect, it } from 'vitest';
import type { Container, PodSpec } from '../types/core-v1.ts';
import { aPod } from '../../test/support/scheduling.ts';
import { podRequests, scoringRequests } from './requests.ts';

const asking = (name: string, cpu: string, restartPolicy?: string): Container => ({
  name,
  resources: { requests: { cpu } },
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
});

const cases: { name: string; spec: Partial<PodSpec>; milliCpu: number }[] = [
  {
    name: 'containers add up',
    spec: { containers: [asking('a', '1'), asking('b', '500m')] },
    milliCpu: 1500,
  },
  {
    name: 'the largest init container counts if it is larger than all of them',
    spec: {
      initContainers: [asking('i', '3'), asking('j', '2')],
      containers: [asking('a', '1'), asking('b', '1')],
    },
    milliCpu: 3000,
  },
  {
    name: 'sidecars run beside containers and beside later init containers',
    spec: {
      initContainers: [asking('s', '1', 'Always'), asking('i', '3')],
      containers: [asking('a', '1')],
    },
    milliCpu: 4000,
  },
  {
    name: 'an init container before a sidecar runs alone',
    spec: {
      initContainers: [asking('i', '3'), asking('s', '1', 'Always')],
      containers: [asking('a', '1')],
    },
    milliCpu: 3000,
  },
  {
    name: 'overhead comes on top',
    spec: { containers: [asking('a', '1')], overhead: { cpu: '250m' } },
    milliCpu: 1250,
  },
  {
    name: 'requests of the pod itself replace those of its containers',
    spec: { containers: [asking('a', '1')], resources: { requests: { cpu: '3' } } },
    milliCpu: 3000,
  },
];

describe('podRequests', () => {
  it.each(cases)('$name', ({ spec, milliCpu }) => {
    expect(podRequests(aPod(spec)).milliCpu).toBe(milliCpu);
  });

  it('keeps what it knows no better apart, by name', () => {
    const pod = aPod({ requests: { 'hugepages-2Mi': '4Mi', 'ephemeral-storage': '1k' } });
    expect(podRequests(pod)).toEqual({
      milliCpu: 0,
      memory: 0,
      ephemeralStorage: 1000,
      scalars: new Map([['hugepages-2Mi', 4194304]]),
    });
  });
});

describe('scoringRequests', () => {
  it('counts a default per container that does not ask, but not for one that asks for 0', () => {
    const pod = aPod({ containers: [{ name: 'a' }, asking('b', '0')] });
    expect(scoringRequests(pod)).toMatchObject({
      milliCpu: 100,
      memory: 2 * 200 * 1024 * 1024,
    });
  });
});
