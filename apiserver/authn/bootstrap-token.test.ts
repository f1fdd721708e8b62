import { describe, expect, it } from 'vitest';
import type { Secret } from '../../api/types/core-v1.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { BootstrapTokens } from './bootstrap-token.ts';

const clock = new FakeClock();
const later = new Date(clock.now() + 60_000).toISOString();
const earlier = new Date(clock.now() - 60_000).toISOString();
const good = {
  'token-id': 'abcdef',
  'token-secret': '0123456789abcdef',
  'usage-bootstrap-authentication': 'true',
};

function authenticate(
  token: string,
  fields: Record<string, string>,
  type = 'bootstrap.kubernetes.io/token',
) {
  const data = Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  );
  const secret = { metadata: { name: 'bootstrap-token-abcdef' }, type, data } as unknown as Secret;
  const find = (namespace: string, name: string) =>
    Promise.resolve(
      namespace === 'kube-system' && name === 'bootstrap-token-abcdef' ? secret : undefined,
    );
  const tokens = new BootstrapTokens({ secrets: { find }, apiAudiences: ['api'], clock });
  return tokens.authenticateToken(token, ['api']);
}

describe('a bootstrap token', () => {
  it('proves a node to be, with the groups of its secret', async () => {
    const fields = {
      ...good,
      expiration: later,
      'auth-extra-groups': 'system:bootstrappers:workers,system:bootstrappers:a',
    };
    expect(await authenticate('abcdef.0123456789abcdef', fields)).toEqual({
      type: 'user',
      audiences: ['api'],
      user: {
        name: 'system:bootstrap:abcdef',
        groups: ['system:bootstrappers', 'system:bootstrappers:a', 'system:bootstrappers:workers'],
      },
    });
  });

  it.each<[string, Record<string, string>, string?]>([
    ['abcdef.0123456789abcdeX', good],
    ['abcdef.0123456789abcdee', good],
    ['ghijkl.0123456789abcdef', good],
    ['abcdef', good],
    ['abcdef.0123456789abcdef', { ...good, expiration: earlier }],
    ['abcdef.0123456789abcdef', { ...good, expiration: 'tomorrow' }],
    ['abcdef.0123456789abcdef', { ...good, 'usage-bootstrap-authentication': 'false' }],
    ['abcdef.0123456789abcdef', { ...good, 'token-id': 'ghijkl' }],
    ['abcdef.0123456789abcdef', { ...good, 'auth-extra-groups': 'system:masters' }],
    ['abcdef.0123456789abcdef', { ...good, 'auth-extra-groups': 'system:bootstrappers:a,' }],
    ['abcdef.0123456789abcdef', good, 'Opaque'],
  ])('%s with %j %s proves nothing', async (...[token, fields, type]) => {
    expect(await authenticate(token, fields, type)).toEqual({ type: 'none' });
  });
});
