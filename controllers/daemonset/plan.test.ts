import { describe, expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { DaemonSet, DaemonSetSpec } from '../../api/types/apps-v1.ts';
import type { Node, Pod, PodSpec, Taint } from '../../api/types/core-v1.ts';
import { newPod, nodeOf, placementOn } from './placement.ts';
import { planDaemonSet, planStatus, sameStatus } from './plan.ts';

const NOW = 1_700_000_000_000;

const node = (name: string, labels = {}, taints: Taint[] = []): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec: { taints },
});

function set(more: Partial<DaemonSetSpec> = {}, pod: Partial<PodSpec> = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { namespace: 'd', name: 'agent', uid: 'u' },
    spec: {
      selector: {},
      template: { spec: { containers: [], ...pod } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      ...more,
    },
  };
}

/** "a new ready": on node a, of the present template. */
function pod(text: string, index: number): Pod {
  const [nodeName, hash, state = 'ready'] = text.split(' ');
  const ready = state === 'ready' ? 'True' : 'False';
  const phase = state === 'failed' || state === 'past' ? 'Failed' : 'Running';
  const isDeleted = state === 'terminating' || state === 'past';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${nodeName}${index}`,
      labels: { 'controller-revision-hash': hash! },
      creationTimestamp: formatTime(NOW - 1_000_000 + index * 1000),
      ...(isDeleted ? { deletionTimestamp: formatTime(NOW) } : {}),
    },
    spec: { containers: [], nodeName: nodeName! },
    status: { phase, conditions: [{ type: 'Ready', status: ready }] },
  };
}

const taint = (effect: string, key = 'gpu'): Taint => ({ key, effect });

describe('the placement of a daemon pod', () => {
  const cordoned = taint('NoSchedule', 'node.kubernetes.io/unschedulable');
  const unreachable = taint('NoExecute', 'node.kubernetes.io/unreachable');
  const required = {
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }],
  };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
  it.each<[string, DaemonSet, Node, [boolean, boolean]]>([
    ['is any node', set(), node('a'), [true, true]],
    ['is one selected', set({}, { nodeSelector: { disk: 'ssd' } }), node('a'), [false, false]],
    ['is one with affinity', set({}, { affinity }), node('a', { disk: 'ssd' }), [true, true]],
    ['is not one without it', set({}, { affinity }), node('a'), [false, false]],
    ['is the one named', set({}, { nodeName: 'b' }), node('a'), [false, false]],
    ['keeps off tainted ones', set(), node('a', {}, [taint('NoSchedule')]), [false, true]],
    ['leaves where driven away', set(), node('a', {}, [taint('NoExecute')]), [false, false]],
    ['bears a cordon and silence', set(), node('a', {}, [cordoned, unreachable]), [true, true]],
    [
      'tolerates what it says',
      set({}, { tolerations: [{ operator: 'Exists' }] }),
      node('a', {}, [taint('NoExecute')]),
      [true, true],
    ],
  ])('%s', (_, ...[of, on, [shouldRun, mayStay]]) => {
    expect(placementOn(on, of)).toEqual({ shouldRun, mayStay });
  });

  it('is written into the pod', () => {
    const draft = newPod(set({}, { hostNetwork: true }), 'a', 'h');
    expect(nodeOf({ ...draft, apiVersion: 'v1', kind: 'Pod' })).toBe('a');
    expect(draft.metadata.labels).toEqual({ 'controller-revision-hash': 'h' });
    expect(draft.spec.tolerations!.map(({ key, effect }) => `${key}:${effect}`)).toContain(
      'node.kubernetes.io/network-unavailable:NoSchedule',
    );
  });
});

const state = (of: DaemonSet, nodes: readonly Node[], pods: readonly string[]) => ({
  set: of,
  nodes,
  pods: pods.map(pod),
  hash: 'new',
  nowMs: NOW,
});

const three = [node('a'), node('b'), node('c')];
/** The first may not be started on any more. */
const moved = [node('a', {}, [taint('NoSchedule')]), node('b')];
const surging = {
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
};
const twoAway = {
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '60%' } },
};

describe('the next step of a DaemonSet', () => {
  it.each<[string, DaemonSet, readonly Node[], string[], string]>([
    ['fills empty nodes', set(), three, ['a new'], '+b +c'],
    ['keeps one pod per node', set(), [node('a')], ['a new', 'a new'], '-a1'],
    ['replaces what failed', set(), [node('a')], ['a new failed'], '-a0'],
    ['waits for what terminates', set(), [node('a')], ['a new terminating'], ''],
    ['waits no longer once that ended', set(), [node('a')], ['a new past'], '+a'],
    ['goes on beside what ended', set(), three, ['a new past', 'a new', 'b old', 'c old'], '-b2'],
    ['surges beside it', set(surging), [node('a')], ['a old past', 'a old'], '+a'],
    [
      'leaves nodes it must not be on',
      set(),
      [node('a', {}, [taint('NoExecute')])],
      ['a new'],
      '-a0',
    ],
    [
      'stays where it only must not start',
      set(),
      [node('a', {}, [taint('NoSchedule')])],
      ['a new'],
      '',
    ],
    ['updates one at a time', set(), three, ['a old', 'b old', 'c old'], '-a0'],
    ['updates a part', set(twoAway), three, ['a old', 'b old', 'c old'], '-a0 -b1'],
    ['waits for the updated one', set(), three, ['a new unready', 'b old', 'c old'], ''],
    ['replaces broken old ones', set(), three, ['a old', 'b old unready', 'c new'], '-b1'],
    [
      'leaves it to others',
      set({ updateStrategy: { type: 'OnDelete' } }),
      three,
      ['a old', 'b old', 'c old'],
      '',
    ],
    ['surges', set(surging), three, ['a old', 'b old', 'c old'], '+a'],
    ['waits for the surge', set(surging), three, ['a old', 'a new unready', 'b old', 'c old'], ''],
    ['drops the old one', set(surging), three, ['a old', 'a new', 'b old', 'c old'], '-a0'],
    ['surges at once over the broken', set(surging), [node('a')], ['a old unready'], '+a'],
    ['does not surge where it must not start', set(surging), moved, ['a old', 'b old'], '+b -a0'],
    ['stays there for want of another', set(surging), moved, ['a old', 'b old unready'], '+b'],
    ['leaves once another serves', set(surging), moved, ['a old', 'b new'], '-a0'],
    ['leaves at once if broken', set(surging), moved, ['a old unready', 'b new'], '-a0'],
  ])('%s', (_, ...[of, nodes, pods, wanted]) => {
    const { create, remove } = planDaemonSet(state(of, nodes, pods));
    const shown = [
      ...create.map((name) => `+${name}`),
      ...remove.map(({ metadata }) => `-${metadata.name}`),
    ];
    expect(shown.join(' ')).toBe(wanted);
  });

  it('removes pods meant for a node that is gone', () => {
    const draft = newPod(set(), 'gone', 'new');
    const waiting = { ...draft, apiVersion: 'v1', kind: 'Pod' } as Pod;
    const { remove } = planDaemonSet({ ...state(set(), [], []), pods: [waiting] });
    expect(remove).toEqual([waiting]);
  });
});

it('counts nodes in the status', () => {
  const tainted = node('d', {}, [taint('NoSchedule')]);
  const pods = ['b new past', 'a new', 'b old unready', 'd old', 'c new past'];
  const status = planStatus(state(set(), [...three, tainted], pods));
  expect(status).toMatchObject({
    desiredNumberScheduled: 3,
    currentNumberScheduled: 2,
    numberMisscheduled: 1,
    numberReady: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
    updatedNumberScheduled: 1,
  });
  expect(sameStatus(status, { ...status })).toBe(true);
  expect(sameStatus(status, { ...status, numberReady: 2 })).toBe(false);
});
