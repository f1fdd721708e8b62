import { expect, test } from 'vitest';
import { row, type Sent } from '../../../../test/support/kinds.ts';
import { pod } from './declaration.ts';

const terminated = (fields: Sent): Sent => ({ terminated: fields });
const status = (name: string, state: Sent, more: Sent = {}): Sent => ({
  name,
  state,
  ready: false,
  restartCount: 0,
  ...more,
});
const running = { running: {} };
const ready = { ready: true };

interface Case {
  readonly spec?: Sent;
  readonly status?: Sent;
  readonly metadata?: Sent;
}

function print({ spec, status, metadata }: Case): Sent {
  return row(pod, {
    metadata: { name: 'web', creationTimestamp: '2026-11-21T11:50:00Z', ...metadata },
    spec: { containers: [{ name: 'a' }, { name: 'b' }], ...spec },
    status,
  });
}

test('a running pod, wide', () => {
  const printed = print({
    spec: { nodeName: 'node1', readinessGates: [{ conditionType: 'g' }] },
    status: {
      phase: 'Running',
      podIPs: [{ ip: '10.0.0.1' }],
      containerStatuses: [status('a', running, ready), status('b', running, ready)],
    },
  });
  expect(printed).toEqual({
    Name: 'web',
    Ready: '2/2',
    Status: 'Running',
    Restarts: '0',
    Age: '10m',
    IP: '10.0.0.1',
    Node: 'node1',
    'Nominated Node': '<none>',
    'Readiness Gates': '0/1',
  });
});

const crashed = terminated({ exitCode: 1, finishedAt: '2026-11-21T11:58:00Z', reason: 'Error' });

test.each<[string, string, string, Case]>([
  ['Pending', '0/2', '0', { status: { phase: 'Pending' } }],
  ['Evicted', '0/2', '0', { status: { phase: 'Failed', reason: 'Evicted' } }],
  [
    'ContainerCreating',
    '0/2',
    '0',
    {
      status: {
        phase: 'Pending',
        containerStatuses: [status('a', { waiting: { reason: 'ContainerCreating' } })],
      },
    },
  ],
  [
    'CrashLoopBackOff',
    '1/2',
    '3 (2m ago)',
    {
      status: {
        phase: 'Running',
        containerStatuses: [
          status(
            'a',
            { waiting: { reason: 'CrashLoopBackOff' } },
            { restartCount: 3, lastState: crashed },
          ),
          status('b', running, ready),
        ],
      },
    },
  ],
  [
    'Completed',
    '0/2',
    '0',
    {
      status: {
        phase: 'Succeeded',
        containerStatuses: [status('a', terminated({ exitCode: 0, reason: 'Completed' }))],
      },
    },
  ],
  [
    'ExitCode:3',
    '0/2',
    '0',
    { status: { phase: 'Failed', containerStatuses: [status('a', terminated({ exitCode: 3 }))] } },
  ],
  [
    'Signal:9',
    '0/2',
    '0',
    { status: { phase: 'Failed', containerStatuses: [status('a', terminated({ signal: 9 }))] } },
  ],
  [
    'NotReady',
    '1/2',
    '0',
    {
      status: {
        phase: 'Running',
        containerStatuses: [
          status('a', terminated({ exitCode: 0, reason: 'Completed' })),
          status('b', running, ready),
        ],
      },
    },
  ],
  [
    'Running',
    '1/2',
    '0',
    {
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          status('a', terminated({ exitCode: 0, reason: 'Completed' })),
          status('b', running, ready),
        ],
      },
    },
  ],
  [
    'Init:0/2',
    '0/2',
    '0',
    {
      spec: { initContainers: [{ name: 'i' }, { name: 'j' }] },
      status: {
        phase: 'Pending',
        initContainerStatuses: [status('i', running)],
        containerStatuses: [status('a', { waiting: { reason: 'PodInitializing' } })],
      },
    },
  ],
  [
    'Init:1/2',
    '0/2',
    '1 (2m ago)',
    {
      spec: { initContainers: [{ name: 'i' }, { name: 'j' }] },
      status: {
        phase: 'Pending',
        initContainerStatuses: [
          status('i', terminated({ exitCode: 0 }), { restartCount: 1, lastState: crashed }),
          status('j', { waiting: { reason: 'PodInitializing' } }),
        ],
      },
    },
  ],
  [
    'Init:Error',
    '0/2',
    '0',
    {
      spec: { initContainers: [{ name: 'i' }] },
      status: { phase: 'Pending', initContainerStatuses: [status('i', crashed)] },
    },
  ],
  [
    'Running',
    '3/3',
    '2',
    {
      spec: { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      status: {
        phase: 'Running',
        initContainerStatuses: [
          status('s', running, { ready: true, started: true, restartCount: 2 }),
        ],
        containerStatuses: [status('a', running, ready), status('b', running, ready)],
      },
    },
  ],
  [
    'Terminating',
    '1/2',
    '0',
    {
      metadata: { deletionTimestamp: '2026-11-21T12:00:20Z' },
      status: { phase: 'Running', containerStatuses: [status('a', running, ready)] },
    },
  ],
  [
    'Unknown',
    '0/2',
    '0',
    {
      metadata: { deletionTimestamp: '2026-11-21T12:00:20Z' },
      status: { phase: 'Running', reason: 'NodeLost' },
    },
  ],
  [
    'SchedulingGated',
    '0/2',
    '0',
    {
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
      },
    },
  ],
])('%s %s, restarts %s', (...[Status, Ready, Restarts, sent]) => {
  expect(print(sent)).toMatchObject({ Status, Ready, Restarts });
});
