import { expect, it } from 'vitest';
import type { Event } from '../../../api/types/core-v1.ts';
import { eventV1 } from './event-v1.ts';

const old: Event = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'x', namespace: 'default' },
  involvedObject: { kind: 'Pod', name: 'x' },
  message: 'text',
  reportingComponent: '',
  reportingInstance: '',
};

it('an event of the core group is seen in its own words, without those that say nothing', () => {
  const seen = eventV1.view.fromStored(old);
  expect(seen).toMatchObject({ note: 'text', regarding: { kind: 'Pod', name: 'x' } });
  expect(seen).not.toHaveProperty('reportingController');
  expect(seen).not.toHaveProperty('reportingInstance');
  const named = { ...old, reportingComponent: 'example.com/a' };
  expect(eventV1.view.fromStored(named)).toMatchObject({ reportingController: 'example.com/a' });
});
