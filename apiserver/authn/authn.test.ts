import { describe, expect, it } from 'vitest';
import type { HttpRequest, Peer } from '../../platform/net/http.ts';
import { anyOf } from './authenticator.ts';
import { clientCertificate } from './client-certificate.ts';
import { anyToken, bearerTokens, staticTokens, webSocketTokens } from './token-authenticator.ts';
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
const known = anyToken(() => [staticTokens(tokens, ['api'])]);
const authenticator = anyOf([
  clientCertificate,
  bearerTokens(known, ['api']),
  webSocketTokens(known, ['api']),
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

  it('adds no group to those that credentials name nobody', async () => {
    const nobody = { commonName: 'system:anonymous', organizations: ['system:unauthenticated'] };
    expect(await authenticator.authenticate(request({ certificate: nobody }))).toMatchObject({
      user: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
    });
  });

  it.each(['Bearer secret', ' bearer secret ', 'BEARER secret more'])(
    'knows a token: %j',
    async (authorization) => {
      expect(await authenticator.authenticate(request({}, { authorization }))).toEqual({
        type: 'user',
        user: { name: 'jane', uid: '1', groups: ['dev', 'ops', 'system:authenticated'] },
      });
    },
  );

  it.each(['', 'Basic c2VjcmV0', 'Bearer', 'Bearer ', 'Bearer  secret', 'Bearer\tsecret'])(
    'takes no usable credentials for anonymous: %j',
    async (authorization) => {
      expect(await authenticator.authenticate(request({}, { authorization }))).toEqual({
        type: 'user',
        user: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
      });
    },
  );

  it('says that a token is ignored for the space before it', async () => {
    const warned: string[] = [];
    const remarks = { warn: (text: string) => warned.push(text), annotate: () => {} };
    await authenticator.authenticate(request({}, { authorization: 'Bearer  secret' }), remarks);
    expect(warned).toEqual([
      'the provided Authorization header contains extra space before the bearer token, ' +
        'and is ignored',
    ]);
  });

  describe('takes a token among the subprotocols of a WebSocket', () => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
    const proto = (token: string): string =>
      `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`;
    const offering = async (offered: string, headers: Record<string, string> = upgrade) =>
      authenticator.authenticate(request({}, { ...headers, 'sec-websocket-protocol': offered }));

    it('beside one that is spoken', async () => {
      const offered = `v5.channel.k8s.io, ${proto('secret')}`;
      expect(await offering(offered)).toMatchObject({ user: { name: 'jane' } });
      expect(await offering(offered, {})).toMatchObject({ user: { name: 'system:anonymous' } });
    });

    it.each([
      [proto('secret'), 'missing additional subprotocol'],
      [`a,${proto('secret')},${proto('plain')}`, 'multiple base64.bearer.authorization tokens'],
      [`a,${proto('secret')}=`, 'invalid base64.bearer.authorization token encoding'],
      [`a,${proto('wrong')}`, 'invalid bearer token'],
    ])('and refuses %s', async (offered, reason) => {
      expect(await offering(offered)).toMatchObject({
        type: 'refused',
        reason: expect.stringContaining(reason) as string,
      });
    });
  });

  it('refuses an unknown token, a bad certificate and a nameless one', async () => {
    const wrong = { authorization: 'Bearer wrong' };
    const results = await Promise.all([
      authenticator.authenticate(request({}, wrong)),
      authenticator.authenticate(request({ certificateError: 'CERT_HAS_EXPIRED' })),
      authenticator.authenticate(request({ frontProxy: { commonName: 'proxy' } })),
      authenticator.authenticate(request({ certificate: { ...certificate, commonName: '' } })),
    ]);
    expect(results.map((result) => result.type)).toEqual(Array(4).fill('refused'));
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
