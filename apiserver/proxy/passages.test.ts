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

it('says in Go’s words why an agent could not be asked', async () => {
  const refusal = Object.assign(new Error('self-signed certificate'), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  const { passages } = passagesTo(
    () => Promise.reject(refusal),
    () => Promise.resolve({}),
  );
  const http = {
    ...{ method: 'GET', path: '/', query: new URLSearchParams(), headers: {} },
    ...{ peer: { address: 'in-process' }, signal },
  };
  const passage = {
    to: 'agent',
    node: 'n',
    path: '/containerLogs/d/p/c',
    query: http.query,
  } as const;
  await expect(passages.follow(passage, { http, carries: 'text' })).rejects.toThrow(
    'error dialing backend: tls: failed to verify certificate: x509: certificate signed by ' +
      'unknown authority',
  );
});
