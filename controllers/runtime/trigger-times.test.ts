import { expect, test } from 'vitest';
import type { Pod, Service } from '../../api/types/core-v1.ts';
import { TRIGGER_TIME, TriggerTimes, withTriggerTime } from './trigger-times.ts';

const at = (second: number): string => `2026-01-01T00:00:0${second}Z`;
const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', creationTimestamp: at(1) },
  spec: {},
};
const pod = (name: string, readySince?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [] },
  status: {
    conditions:
      readySince === undefined
        ? []
        : [{ type: 'Ready', status: 'True', lastTransitionTime: readySince }],
  },
});

test('first the creation of the service, then the earliest readiness that is new', () => {
  const times = new TriggerTimes();
  expect(times.next('a/web', service, [pod('a', at(5))])).toBe(at(1));
  expect(times.next('a/web', service, [pod('a', at(5))])).toBeUndefined();
  const more = [pod('a', at(5)), pod('b', at(7)), pod('c', at(6)), pod('d')];
  expect(times.next('a/web', service, more)).toBe(at(6));
  expect(times.next('a/web', service, [])).toBeUndefined();
  expect(times.next('a/web', service, [pod('a', at(5))])).toBe(at(5));
  times.forget('a/web');
  expect(times.next('a/web', service, [pod('a', at(5))])).toBe(at(1));
});

test('a service of the same name that is made anew meanwhile counts as a change', () => {
  const times = new TriggerTimes();
  times.next('a/web', service, [pod('a', at(2))]);
  const { metadata } = service;
  const anew = { ...service, metadata: { ...metadata, creationTimestamp: at(5) } };
  expect(times.next('a/web', anew, [pod('a', at(2)), pod('b', at(4))])).toBe(at(4));
  const again = { ...service, metadata: { ...metadata, creationTimestamp: at(7) } };
  expect(times.next('a/web', again, [pod('a', at(8))])).toBe(at(7));
});

test('annotations lose a time that is not told', () => {
  const told = withTriggerTime({ kept: 'yes' }, at(2));
  expect(told).toEqual({ kept: 'yes', [TRIGGER_TIME]: at(2) });
  expect(withTriggerTime(told, undefined)).toEqual({ kept: 'yes' });
});
