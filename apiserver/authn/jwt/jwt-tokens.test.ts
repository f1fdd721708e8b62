import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../../platform/lifecycle.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { realTokenKeys } from '../../../platform/node/crypto/token-keys.ts';
import { outgoingHttp } from '../../../platform/node/net/outgoing-http.ts';
import { type Answer, type Asked, newCa, startHttps } from '../../../test/support/https-server.ts';
import { JwtTokens } from './jwt-tokens.ts';
import { ProviderKeys } from './provider-keys.ts';

const ca = newCa();
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = realTokenKeys.signing(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
const exp = Math.floor(Date.now() / 1000) + 3_600;
const published = { ...key.jwk, alg: undefined };

let parts: Lifecycle;
beforeEach(() => {
  parts = new Lifecycle();
});
afterEach(() => parts.stop());

/** An issuer of the keys, whose other paths answer as the test says. */
async function startIssuer(
  others: (asked: Asked) => Answer = () => ({ status: 404 }),
  keys: () => readonly object[] = () => [published],
): Promise<string> {
  const url: string = await startHttps(parts, ca, {
    answer(asked) {
      if (asked.path === '/keys') return { body: { keys: keys() } };
      if (asked.path.startsWith('/.well-known'))
        return { body: { issuer: url, jwks_uri: `${url}/keys` } };
      return others(asked);
    },
  });
  return url;
}

async function startTokens(url: string, algorithms?: readonly string[]) {
  const http = outgoingHttp();
  await parts.start(() => ({ stop: () => http.close() }));
  const effects = { http, clock: realClock, tokenKeys: realTokenKeys };
  const certificateAuthority = ca.certificate;
  const settings = {
    issuer: { url, audiences: ['api'], certificateAuthority },
    claimMappings: {
      username: { claim: 'sub', prefix: '' },
      groups: { claim: 'groups', prefix: 'g:' },
    },
  };
  const keys = new ProviderKeys({ ...effects, issuer: url, ca: certificateAuthority });
  const tokens = new JwtTokens({ ...effects, settings, keys, algorithms, apiAudiences: ['self'] });
  return async (token: string): Promise<unknown> => {
    const result = await tokens.authenticateToken(token, ['self']);
    if (result.type === 'user') return result.user;
    return result.type === 'refused' ? result.reason : result.type;
  };
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token whose header says what the test says. */
function signedAs(alg: string, claims: object): string {
  const text = `${encoded({ alg, kid: key.keyId })}.${encoded(claims)}`;
  const padding = alg.startsWith('PS') ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  const how = { key: privateKey, ...padding };
  return `${text}.${sign(`sha${alg.slice(2)}`, Buffer.from(text), how).toString('base64url')}`;
}

describe('a token', () => {
  it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])(
    'may be signed by %s',
    async (alg) => {
      const url = await startIssuer();
      const ask = await startTokens(url);
      const claims = { iss: url, aud: 'api', sub: 'jane', exp, jti: 'x1' };
      expect(await ask(signedAs(alg, claims))).toEqual({
        name: 'jane',
        groups: [],
        extra: { 'authentication.kubernetes.io/credential-id': ['JTI=x1'] },
      });
      // A method that was not asked for.
      const others = await startTokens(url, ['ES256']);
      expect(await others(signedAs(alg, claims))).toBe(
        'oidc: verify token: oidc: id token signed with unsupported algorithm, ' +
          `expected ["ES256"] got "${alg}"`,
      );
    },
  );

  it('is refused when it is forged, for others, over or not yet in force', async () => {
    const url = await startIssuer();
    const ask = await startTokens(url);
    const good = { iss: url, aud: 'api', sub: 'jane', exp };
    const token = key.sign(good);
    const [head = '', claims = '', signature = ''] = token.split('.');
    const forged: readonly (readonly [string, string])[] = [
      [
        `${encoded({ alg: 'none' })}.${claims}.`,
        'oidc: id token signed with unsupported algorithm',
      ],
      [`${encoded({ alg: 'HS256' })}.${claims}.${signature}`, 'unsupported algorithm'],
      [`${head}.${encoded({ ...good, sub: 'root' })}.${signature}`, 'failed to verify signature'],
      // One token has one text.
      [`${token}!`, 'failed to verify signature'],
      [`${token}=`, 'failed to verify signature'],
      [key.sign({ ...good, aud: ['x', 'y'] }), 'oidc: expected audience "api" got ["x" "y"]'],
      [key.sign({ ...good, aud: undefined }), 'oidc: expected audience "api" got []'],
      [
        key.sign({ ...good, exp: 1 }),
        'token is expired (Token Expiry: 1970-01-01 00:00:01 +0000 UTC)',
      ],
      [key.sign({ ...good, exp: undefined }), 'oidc: token is expired'],
      [key.sign({ ...good, exp: 'tomorrow' }), 'invalid number literal'],
      [key.sign({ ...good, nbf: exp }), 'before the nbf (not before) time'],
    ];
    for (const [text, why] of forged) expect(await ask(text)).toContain(why);
    expect(await ask(token)).toMatchObject({ name: 'jane' });
    expect(await ask(key.sign({ ...good, nbf: Math.floor(Date.now() / 1000) + 30 }))).toMatchObject(
      { name: 'jane' },
    );
    expect(await ask(key.sign({ ...good, iss: 'https://elsewhere.example' }))).toBe('none');
  });
});

describe('groups that stand elsewhere', () => {
  const pointing = (iss: string, endpoint: string, more: object = {}): string =>
    key.sign({
      iss,
      aud: 'api',
      sub: 'jane',
      exp,
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint, access_token: 'secret' } },
      ...more,
    });

  it('are fetched, with the token that they need, and proven', async () => {
    const asked: (string | string[] | undefined)[] = [];
    const other: string = await startIssuer(({ path, headers }) => {
      asked.push(headers['authorization']);
      const claims = { iss: other, aud: 'api', exp, groups: ['dev', 'ops'] };
      if (path === '/none') return { body: key.sign({ ...claims, groups: undefined }) };
      if (path === '/for-others') return { body: key.sign({ ...claims, aud: 'other' }) };
      if (path === '/garbage') return { body: 'garbage' };
      return path === '/groups' ? { body: key.sign(claims) } : { status: 404 };
    });
    const url = await startIssuer();
    const ask = await startTokens(url);
    const user = { name: 'jane', groups: ['g:dev', 'g:ops'] };
    expect(await ask(pointing(url, `${other}/groups`))).toEqual(user);
    expect(asked).toEqual(['Bearer secret']);
    // Those that are there are not looked for.
    expect(await ask(pointing(url, `${other}/groups`, { groups: ['a'] }))).toEqual({
      name: 'jane',
      groups: ['g:a'],
    });
    const prefix = 'oidc: could not expand distributed claims: ';
    const refused: readonly (readonly [string, string])[] = [
      ['/none', 'did not contain claim: groups'],
      [
        '/for-others',
        'verify distributed claim token: oidc: expected audience "api" got ["other"]',
      ],
      ['/garbage', 'getting untrusted issuer from endpoint'],
      [
        '/missing',
        'while getting distributed claim "groups": error while getting distributed claim JWT: 404',
      ],
    ];
    for (const [path, why] of refused) {
      const reason = await ask(pointing(url, other + path));
      expect(reason).toContain(prefix);
      expect(reason).toContain(why);
    }
    expect(await ask(pointing(url, 'file:///etc/passwd'))).toContain('unsupported protocol scheme');
    expect(await ask(pointing(url, 'https://127.0.0.1:1/'))).toContain('connection refused');
    expect(await ask(pointing(url, '', { _claim_sources: {} }))).toContain(
      'missing in _claims_sources',
    );
    expect(await ask(pointing(url, '', { _claim_sources: undefined }))).toContain(
      'oidc: no claim sources',
    );
    // Aggregated claims are not read, as in Kubernetes.
    expect(await ask(pointing(url, ''))).toEqual({ name: 'jane', groups: [] });
  });
});
