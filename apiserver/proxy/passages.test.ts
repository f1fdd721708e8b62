import { expect, it } from 'vitest';
import type { Node } from '../../api/types/core-v1.ts';
import type { Upstream, UpstreamRequest, UpstreamTls } from '../../platform/net/upstream.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { NodePassages } from './passages.ts';

const node: Node = {
  metadata: { name: 'n' },
  status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
} as unknown as Node;

function passagesTo(send: Upstream['send'], tls: () => Promise<UpstreamTls>) {
  const clock = new FakeClock();
  const upstream: Upstream = { send, close: () => Promise.resolve() };
  const found = () => Promise.resolve(node);
  const addressTypes = ['InternalIP'];
  return { clock, passages: new NodePassages({ upstream, tls, clock, node: found, addressTypes }) };
}

const { signal } = new AbortController();

it('agents are shown a certificate that was replaced, within a minute', async () => {
  const shown: (string | undefined)[] = [];
  const send = ({ tls }: UpstreamRequest) => {
    shown.push(tls?.certificate);
    return Promise.resolve({ status: 200, headers: {}, body: (async function* () {})() });
  };
  let certificate: string | undefined = 'first';
  const { clock, passages } = passagesTo(send, () =>
    certificate === undefined
      ? Promise.reject(new Error('no such file'))
      : Promise.resolve({ certificate }),
  );
  const ask = () => passages.read(node, '/stats', signal);
  await ask();
  certificate = 'second';
  await ask();
  await clock.advance(60_000);
  await ask();
  certificate = undefined;
  await clock.advance(60_000);
  await ask();
  certificate = 'third';
  await clock.advance(60_000);
  await ask();
  expect(shown).toEqual(['first', 'first', 'second', 'second', 'third']);
});

const LOG = '/containerLogs/d/p/c';

function logOf(send: Upstream['send']) {
  const { passages } = passagesTo(send, () => Promise.resolve({}));
  const http = {
    ...{ method: 'GET', path: '/', query: new URLSearchParams(), headers: {} },
    ...{ peer: { address: 'in-process' }, signal },
  };
  const passage = { to: 'agent', node: 'n', path: LOG, query: http.query } as const;
  return passages.follow(passage, { http, carries: 'text' });
}

it('says in Go’s words why an agent could not be asked', async () => {
  const refusal = Object.assign(new Error('self-signed certificate'), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  await expect(logOf(() => Promise.reject(refusal))).rejects.toThrow(
    'error dialing backend: tls: failed to verify certificate: x509: certificate signed by ' +
      'unknown authority',
  );
});

const ofLog = ' ( pods/log p)';

it.each([
  [400, { code: 400, reason: 'BadRequest', message: 'why not' }],
  [
    401,
    {
      ...{ code: 401, reason: 'Unauthorized' },
      message: `the server has asked for the client to provide credentials${ofLog}`,
    },
  ],
  [403, { code: 403, reason: 'Forbidden', message: `why not${ofLog}` }],
  [
    404,
    {
      ...{ code: 404, reason: 'NotFound' },
      message: `the server could not find the requested resource${ofLog}`,
    },
  ],
  [500, { code: 500, reason: 'InternalError', message: 'Internal error occurred: why not' }],
  [
    502,
    {
      ...{ code: 500, reason: 'InternalError' },
      message: `an error on the server ("why not") has prevented the request from succeeding${ofLog}`,
    },
  ],
])('tells of a log that an agent refuses with %i', async (status, expected) => {
  const body = (async function* () {
    yield Buffer.from('why not');
  })();
  const asked = logOf(() => Promise.resolve({ status, headers: {}, body }));
  await expect(asked).rejects.toMatchObject({ status: expected });
});
