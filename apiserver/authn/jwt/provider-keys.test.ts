import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import type { OutgoingAnswer } from '../../../platform/net/outgoing-http.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { realTokenKeys } from '../../../platform/node/crypto/token-keys.ts';
import { ProviderKeys } from './provider-keys.ts';

const ISSUER = 'https://issuer.example';
const WELL_KNOWN = `${ISSUER}/.well-known/openid-configuration`;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { jwk } = realTokenKeys.signing(
  privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
);

type Served = Readonly<Record<string, object | string>>;
const discovery = { [WELL_KNOWN]: { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` } };

/** What a client finds: documents, or texts that are redirections. */
function keysOf(served: Served) {
  const asked: string[] = [];
  const send = ({ url }: { readonly url: string }): Promise<OutgoingAnswer> => {
    asked.push(url);
    const found = served[url];
    const isSent = typeof found === 'string';
    return Promise.resolve({
      status: isSent ? 302 : 200,
      headers: isSent ? { location: found } : {},
      body: Buffer.from(JSON.stringify(found ?? {})),
    });
  };
  const http = { send, close: () => Promise.resolve() };
  const effects = { http, clock: realClock, tokenKeys: realTokenKeys };
  return { asked, keys: new ProviderKeys({ ...effects, issuer: ISSUER }) };
}

it('an issuer may send elsewhere, for what it says of itself and for its keys', async () => {
  const { keys, asked } = keysOf({
    [WELL_KNOWN]: '/moved',
    [`${ISSUER}/moved`]: { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` },
    [`${ISSUER}/keys`]: 'https://cdn.example/keys',
    'https://cdn.example/keys': { keys: [jwk] },
  });
  expect(await keys.refreshed()).toHaveLength(1);
  expect(asked).toHaveLength(4);
});

it.each([
  ['in a ring', `${ISSUER}/keys`, 'stopped after 10 redirects'],
  ['away from TLS', 'http://169.254.169.254/keys', 'which is not https'],
  ['nowhere', 'https://', 'redirected to https://'],
])('an issuer that sends %s is not believed', async (_where, location, why) => {
  const { keys, asked } = keysOf({ ...discovery, [`${ISSUER}/keys`]: location });
  await expect(keys.refreshed()).rejects.toThrow(why);
  expect(asked.every((url) => url.startsWith(ISSUER))).toBe(true);
  expect(asked.length).toBeLessThanOrEqual(11);
});

it('what is no key is passed over among others', async () => {
  const odd = [1, null, 'x', [], { kty: 'zzz' }, { kty: 'RSA' }];
  const { keys } = keysOf({ ...discovery, [`${ISSUER}/keys`]: { keys: [...odd, jwk] } });
  expect(await keys.refreshed()).toHaveLength(1);
});

it('an issuer may have hundreds of keys', async () => {
  const many = Array.from({ length: 300 }, (_, i) => ({ ...jwk, kid: `${i}` }));
  const { keys } = keysOf({ ...discovery, [`${ISSUER}/keys`]: { keys: many } });
  expect(await keys.refreshed()).toHaveLength(300);
});
