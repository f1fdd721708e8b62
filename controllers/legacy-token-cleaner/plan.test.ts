import { expect, it } from 'vitest';
import type { Secret, ServiceAccount } from '../../api/types/core-v1.ts';
import { isTrackedLongEnough, nextStep, type Step } from './plan.ts';

const DAY_MS = 86_400_000;
const terms = { nowMs: Date.parse('2026-03-31T12:00:00Z'), periodMs: 30 * DAY_MS };
const LAST_USED = 'kubernetes.io/legacy-token-last-used';
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';

const account: ServiceAccount = {
  ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
  metadata: { name: 'a', namespace: 'n', uid: 'u' },
  secrets: [{ name: 't' }],
};
const names = { 'kubernetes.io/service-account.name': 'a' };

interface Case extends Partial<Secret> {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly created?: string;
  readonly name?: string;
  readonly deleted?: string;
}

const token = ({ labels = {}, annotations = names, created, name, deleted, ...more }: Case) =>
  ({
    ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token' },
    metadata: {
      ...{ name: name ?? 't', namespace: 'n', labels, annotations },
      creationTimestamp: created ?? '2025-01-01T00:00:00Z',
      ...(deleted === undefined ? {} : { deletionTimestamp: deleted }),
    },
    ...more,
  }) as Secret;

// Thirty days before are noon of 2026-03-01.
it.each<[string, Case, Step]>([
  ['never used', {}, 'mark'],
  ['last used before that', { labels: { [LAST_USED]: '2026-02-28' } }, 'mark'],
  ['used on that day', { labels: { [LAST_USED]: '2026-03-01' } }, 'keep'],
  ['used nobody knows when', { labels: { [LAST_USED]: '2026-02-30' } }, 'keep'],
  ['used on no day', { labels: { [LAST_USED]: '' } }, 'keep'],
  ['made since then', { created: '2026-03-01T12:00:00Z' }, 'keep'],
  ['made just before', { created: '2026-03-01T11:59:59Z' }, 'mark'],
  ['of another type', { type: 'Opaque' }, 'keep'],
  ['on its way out', { deleted: '2026-03-31T11:00:00Z' }, 'keep'],
  ['that somebody made by hand', { name: 'by-hand' }, 'keep'],
  ['of nobody', { annotations: {} }, 'keep'],
  [
    'of an account that is gone',
    { annotations: { ...names, [Object.keys(names)[0]!]: 'b' } },
    'keep',
  ],
  [
    'of an account that was another',
    { annotations: { ...names, 'kubernetes.io/service-account.uid': 'v' } },
    'keep',
  ],
  [
    'of the very account',
    { annotations: { ...names, 'kubernetes.io/service-account.uid': 'u' } },
    'mark',
  ],
  ['invalid since that day', { labels: { [INVALID_SINCE]: '2026-03-01' } }, 'keep'],
  ['invalid for longer', { labels: { [INVALID_SINCE]: '2026-02-28' } }, 'delete'],
  ['invalid since no day', { labels: { [INVALID_SINCE]: 'yes' } }, 'mark'],
  [
    'invalid for long, and used since',
    { labels: { [INVALID_SINCE]: '2026-01-01', [LAST_USED]: '2026-03-15' } },
    'keep',
  ],
])('a token %s', (_what, of, step) => {
  const around = {
    ...terms,
    account: (namespace: string, name: string) =>
      namespace === 'n' && name === 'a' ? account : undefined,
    isMounted: () => false,
  };
  expect(nextStep(token(of), around)).toBe(step);
  expect(nextStep(token(of), { ...around, isMounted: () => true })).toBe('keep');
});

it.each([
  ['2026-02-28', true],
  ['2026-03-01', false],
  ['', false],
  ['always', false],
])('uses that are noted since "%s" tell of a month: %s', (since, enough) => {
  expect(isTrackedLongEnough(since, terms)).toBe(enough);
});
