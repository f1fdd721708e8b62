import { expect, it } from 'vitest';
import type { Pod } from '../../api/types/core-v1.ts';
import { Expectations } from '../../client/expectations.ts';
import type { Informer, InformerHandler, Lister } from '../../client/informer-interface.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { watchPods } from './pod-events.ts';

const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'web', uid: 'u' } };
const { apiVersion, kind } = owner;

const pod = (phase: string, metadata = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    ...{ namespace: 'd', name: 'a', uid: 'a', finalizers: ['example.org/held'] },
    ownerReferences: [{ apiVersion, kind, name: 'web', uid: 'u', controller: true }],
    ...metadata,
  },
  spec: { containers: [] },
  status: { phase },
});

it.each(['Pending', 'Running', 'Succeeded', 'Failed'])(
  'takes a pod that is %s for deleted as soon as it is on its way out, whoever holds it',
  (phase) => {
    const clock = new FakeClock();
    const expectations = new Expectations(clock);
    let handler: InformerHandler<Pod> = {};
    const addHandler = (added: InformerHandler<Pod>) => (handler = added);
    watchPods({
      pods: { addHandler } as unknown as Informer<Pod>,
      owners: { get: (key) => (key === 'd/web' ? owner : undefined) } as Lister<typeof owner>,
      kind,
      matcherOf: () => () => false,
      queue: new WorkQueue({ clock }),
      expectations,
    });
    expectations.expectDeletions('d/web', ['d/a']);
    handler.updated?.(pod('Pending'), pod(phase));
    expect(expectations.satisfied('d/web')).toBe(false);
    handler.updated?.(pod(phase), pod(phase, { deletionTimestamp: '2026-01-01T00:00:00Z' }));
    expect(expectations.satisfied('d/web')).toBe(true);
  },
);
