import { describe, expect, it } from 'vitest';
import type { HttpRequest, Peer } from '../../platform/net/http.ts';
import { anyOf } from './authenticator.ts';
import { clientCertificate } from './client-certificate.ts';
import { anyToken, bearerTokens, staticTokens } from './token-authenticator.ts';
import { parseTokenFile } from './token-file.ts';

function request(peer: Partial<Peer>, headers: Record<string, string> = {}): HttpRequest {
  return {
    method: 'GET',
    path: '/',
    query: new URLSearchParams(),
    headers,
    peer: { address: 'test', ...peer },
    signal: new AbortController().signal,
  };
}

const tokens = parseTokenFile('secret,jane,1,"dev, ops"\n# a comment\n\nplain,joe,2\n');
const authenticator = anyOf([
  clientCertificate,
  bearerTokens(
    anyToken(() => [staticTokens(tokens, ['api'])]),
    ['api'],
  ),
]);
const certificate = { commonName: 'system:kube-scheduler', organizations: ['system:masters'] };

describe('authentication', () => {
  it('takes user and groups from the certificate', async () => {
    expect(await authenticator.authenticate(request({ certificate }))).toEqual({
      type: 'user',
      user: {
        name: 'system:kube-scheduler',
        groups: ['system:masters', 'system:authenticated'],
      },
    });
  });

  it.each(['Bearer secret', 'bearer  secret '])('knows a token: %s', async (authorization) => {
    expect(await authenticator.authenticate(request({}, { authorization }))).toEqual({
      type: 'user',
      user: { name: 'jane', uid: '1', groups: ['dev', 'ops', 'system:authenticated'] },
    });
  });

  it.each(['', 'Basic c2VjcmV0', 'Bearer', 'Bearer '])(
    'takes no usable credentials for anonymous: %j',
    async (authorization) => {
      expect(await authenticator.authenticate(request({}, { authorization }))).toEqual({
        type: 'user',
        user: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
      });
    },
  );

  it('refuses an unknown token, a bad certificate and a nameless one', async () => {
    const wrong = { authorization: 'Bearer wrong' };
    const results = await Promise.all([
      authenticator.authenticate(request({}, wrong)),
      authenticator.authenticate(request({ certificateError: 'CERT_HAS_EXPIRED' })),
      authenticator.authenticate(request({ certificate: { ...certificate, commonName: '' } })),
    ]);
    expect(results.map((result) => result.type)).toEqual(['refused', 'refused', 'refused']);
  });

  it('lets a good token make up for a bad certificate', async () => {
    const both = request({ certificateError: 'EXPIRED' }, { authorization: 'Bearer plain' });
    expect(await authenticator.authenticate(both)).toMatchObject({ user: { name: 'joe' } });
  });
});

describe('parseTokenFile', () => {
  it.each([
    ['secret,jane', 'line 1: at least 3 columns (token, user name, user uid), found 2'],
    ['\n,jane,1', 'line 2: the token is empty'],
    ['t,,1', 'line 1: the user name is empty'],
    ['t,jane,1\nt,joe,2', 'line 2: the token stands on an earlier line too'],
    ['t,"jane,1', 'line 1: quotes do not match'],
  ])('refuses %j', (text, message) => {
    expect(() => parseTokenFile(text)).toThrow(message);
  });
});
