import { describe, expect, it } from 'vitest';
import type { Secret, ServiceAccount } from '../../api/types/core-v1.ts';
import { ACCOUNT_NAME, ACCOUNT_UID, TOKEN_TYPE } from '../../api/token-secrets.ts';
import { planTokenSecret } from './plan.ts';

const account = (uid = 'u1'): ServiceAccount =>
  ({ metadata: { namespace: 'n', name: 'robot', uid } }) as ServiceAccount;

const secret = (uid?: string, more: object = {}): Secret =>
  ({
    metadata: {
      ...{ namespace: 'n', name: 's' },
      annotations: {
        [ACCOUNT_NAME]: 'robot',
        ...(uid === undefined ? {} : { [ACCOUNT_UID]: uid }),
      },
    },
    type: TOKEN_TYPE,
    ...more,
  }) as unknown as Secret;

const contents = { rootCa: 'CA', token: () => 'jwt' };
const text = (value: string): string => Buffer.from(value).toString('base64');
const data = { 'ca.crt': text('CA'), namespace: text('n'), token: text('jwt') };

describe('a Secret that asks for a token', () => {
  it('is filled, and told whose it is', () => {
    const plan = planTokenSecret(secret(), account(), contents);
    const annotations = { [ACCOUNT_NAME]: 'robot', [ACCOUNT_UID]: 'u1' };
    expect(plan).toMatchObject({ type: 'fill', secret: { data, metadata: { annotations } } });
  });

  it('keeps its token, and gets the newest CA', () => {
    const before = { ...data, token: text('old'), 'ca.crt': text('old CA'), own: text('x') };
    const plan = planTokenSecret(secret('u1', { data: before }), account(), contents);
    const wanted = { ...before, 'ca.crt': text('CA') };
    expect(plan).toMatchObject({ type: 'fill', secret: { data: wanted } });
  });

  const deletionTimestamp = '2026-01-01T00:00:00Z';
  const leaving = { metadata: { name: 's', deletionTimestamp } };
  it.each<[string, readonly [Secret, ServiceAccount | undefined], string]>([
    ['has all', [secret('u1', { data }), account()], 'nothing'],
    ['is of another type', [secret('u1', { type: 'Opaque' }), account()], 'nothing'],
    ['is being deleted', [secret('u1', leaving), undefined], 'nothing'],
    ['has lost its account', [secret('u1', { data }), undefined], 'delete'],
    ['belongs to an account of that name before', [secret('u0'), account('u1')], 'delete'],
  ])('and %s', (_, [of, owner], type) => {
    expect(planTokenSecret(of, owner, contents).type).toBe(type);
  });
});
