import { describe, expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { podRequest } from './pods.ts';
import { byAverageValue, byUtilization, type ReplicaInput } from './replicas.ts';

const NOW = 1_700_000_000_000;
const ago = (seconds: number): string => formatTime(NOW - seconds * 1000);

interface PodSketch {
  readonly phase?: string;
  readonly ready?: boolean;
  readonly startedAgo?: number;
  readonly readyAgo?: number;
  readonly deleting?: boolean;
}

const pod = (name: string, sketch: PodSketch = {}): Pod => {
  const { phase = 'Running', ready = true, startedAgo = 1000, readyAgo = 900 } = sketch;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(sketch.deleting ? { deletionTimestamp: ago(1) } : {}) },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] },
    status: {
      phase,
      startTime: ago(startedAgo),
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: ago(readyAgo) },
      ],
    },
  };
};

/** `used`: milli-CPUs of the pods in order; undefined for one that nobody measured. */
function input(sketches: PodSketch[], used: (number | undefined)[], current = sketches.length) {
  const pods = sketches.map((sketch, i) => pod(`p${i}`, sketch));
  const metrics = new Map(
    used.flatMap((milli, i) =>
      milli === undefined
        ? []
        : [[`p${i}`, { milli, timestampMs: NOW, windowMs: 15_000 }] as const],
    ),
  );
  const tolerance = { up: 0.1, down: 0.1 };
  return { current, pods, metrics, resource: 'cpu', tolerance, nowMs: NOW } satisfies ReplicaInput;
}

const three = [{}, {}, {}];
const young = { startedAgo: 20, readyAgo: 5 };
const unready = { startedAgo: 20, readyAgo: 20, ready: false };

describe('a target of 50% of a CPU each', () => {
  it.each<[string, ReplicaInput, number]>([
    ['kept', input(three, [500, 500, 500]), 3],
    ['kept within a tenth', input(three, [550, 550, 550]), 3],
    ['exceeded', input(three, [600, 600, 600]), 4],
    ['exceeded by far', input(three, [1000, 1000, 1000]), 6],
    ['not reached', input(three, [100, 100, 100]), 1],
    ['by those who are ready, of more', input([...three, young], [1000, 1000, 1000, 0]), 6],
    ['by those who are ready, below', input([...three, young], [100, 100, 100, 900]), 1],
    ['with one that never was ready', input([...three, unready], [600, 600, 600, 10]), 4],
    ['with one not measured, upwards', input([...three, {}], [900, 900, 900, undefined]), 6],
    ['with one not measured, downwards', input([...three, {}], [200, 200, 200, undefined]), 4],
    ['with one on its way out', input([...three, { deleting: true }], [600, 600, 600, 999]), 4],
    ['with one that failed', input([...three, { phase: 'Failed' }], [600, 600, 600, 999]), 4],
    ['with one that is pending', input([{}, { phase: 'Pending' }], [1000, undefined]), 2],
  ])('%s', (_, of, replicas) => {
    expect(byUtilization(of, 50).replicas).toBe(replicas);
  });

  it('tells the utilization it saw', () => {
    expect(byUtilization(input(three, [100, 200, 350]), 50)).toMatchObject({
      utilization: 21,
      averageMilli: 216,
    });
  });
});

it.each<[string, ReplicaInput, number]>([
  ['kept', input(three, [200, 200, 200]), 3],
  ['exceeded', input(three, [400, 400, 100]), 5],
  ['not reached', input(three, [50, 60, 70]), 1],
])('a target of 200m each: %s', (_, of, replicas) => {
  expect(byAverageValue(of, 200).replicas).toBe(replicas);
});

it('rounds as Go does: 7 % of a hundred are a little more than seven', () => {
  const hundred = Array.from({ length: 100 }, () => ({}));
  const used = hundred.map(() => 70);
  expect(byUtilization(input(hundred, used), 100).replicas).toBe(8);
});

describe('requests of a pod as a whole', () => {
  const whole = (requests: Readonly<Record<string, string>>, containers: object): Pod => {
    const { spec, ...rest } = pod('p0');
    return { ...rest, spec: { ...spec, resources: { requests }, ...containers } };
  };
  const silent = { containers: [{ name: 'c' }] };

  it.each([
    ['replace those of its containers', whole({ cpu: '2' }, {}), 2000],
    ['leave what they do not tell to these', whole({ memory: '1Gi' }, {}), 1000],
    ['are enough', whole({ cpu: '500m' }, silent), 500],
  ])('%s', (_, of, milli) => {
    expect(podRequest(of, 'cpu')).toBe(milli);
  });

  it('are none of a container’s', () => {
    expect(podRequest(whole({ cpu: '2' }, {}), 'cpu', 'c')).toBe(1000);
  });

  it('are counted in bytes of memory', () => {
    expect(podRequest(whole({ memory: '1Ki' }, silent), 'memory')).toBe(1_024_000);
  });

  it('are told of where neither it nor a container says anything', () => {
    expect(() => podRequest(whole({ memory: '1Gi' }, silent), 'cpu')).toThrow(
      'missing pod-level request for cpu in Pod p0',
    );
  });
});

describe('nothing is proposed', () => {
  it.each<[string, ReplicaInput, string]>([
    ['without pods', input([], []), 'no pods returned by selector while calculating replica count'],
    [
      'without measurements',
      input([unready], [10]),
      'did not receive metrics for targeted pods (pods might be unready)',
    ],
    [
      'without requests',
      { ...input([{}], [1]), pods: [{ ...pod('p0'), spec: { containers: [{ name: 'c' }] } }] },
      'missing request for cpu in container c of Pod p0',
    ],
  ])('%s', (_, of, message) => {
    expect(() => byUtilization(of, 50)).toThrow(message);
  });
});
