import { request } from 'node:https';
import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import { JsonValue } from '../../platform/net/http.ts';
import { silentLogger } from '../../platform/logger.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { freePorts } from '../../platform/node/net/free-ports.ts';
import { temporaryFolder } from '../../platform/node/files/temporary-folder.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createClient } from '../rest.ts';
import { componentHandler, untilReady } from './component-handler.ts';
import { DelegatedAccess } from './delegated-access.ts';
import { serveComponent } from './start.ts';

/** An API server that knows one token, of a user who may read /metrics. */
function apiServer() {
  const asked: string[] = [];
  const handler = (request: HttpRequest): Promise<HttpResponse> => {
    const { spec } = (request.body as JsonValue).value as {
      spec: { token?: string; user?: string; nonResourceAttributes?: { path: string } };
    };
    asked.push(request.path);
    const status = request.path.endsWith('tokenreviews')
      ? spec.token === 'good'
        ? { authenticated: true, user: { username: 'prometheus', groups: ['monitoring'] } }
        : { authenticated: false }
      : {
          allowed:
            spec.user === 'prometheus' &&
            /^\/(metrics|debug)/.test(spec.nonResourceAttributes?.path ?? ''),
        };
    return Promise.resolve({ status: 201, headers: {}, body: new JsonValue({ status }) });
  };
  return { asked, client: createClient({ handler, userAgent: 'test' }) };
}

function component() {
  const clock = new FakeClock();
  const { asked, client } = apiServer();
  const access = new DelegatedAccess(client, clock);
  const metrics = new Metrics();
  metrics.counter('things_total', 'Things.').with().add(3);
  const state = { ready: false };
  const handler = componentHandler({
    metrics,
    healthz: [],
    readyz: [untilReady(() => state.ready)],
    openPaths: ['/healthz', '/readyz', '/livez'],
    refusal: (request) => access.refusal(request),
  });
  const get = async (line: string, token?: string) => {
    const [path = '', query = ''] = line.split('?');
    const { status, body } = await handler({
      ...{ method: 'GET', path, query: new URLSearchParams(query) },
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      peer: { address: 'test' },
      signal: new AbortController().signal,
    });
    return { status, text: Buffer.from(body as Uint8Array).toString() };
  };
  return { get, asked, clock, state };
}

describe('a component', () => {
  it('tells everybody whether it lives, and whether it is ready', async () => {
    const { get, state } = component();
    expect(await get('/healthz')).toEqual({ status: 200, text: 'ok' });
    expect(await get('/livez/ping')).toEqual({ status: 200, text: 'ok' });
    expect(await get('/readyz')).toEqual({
      status: 500,
      text: '[+]ping ok\n[-]informer-sync failed: the caches are not filled yet\nreadyz check failed\n',
    });
    state.ready = true;
    expect((await get('/readyz?verbose')).text).toBe(
      '[+]ping ok\n[+]informer-sync ok\nreadyz check passed\n',
    );
    expect((await get('/healthz/nothing')).status).toBe(404);
  });

  it('shows its metrics to those whom the API server allows it', async () => {
    const { get } = component();
    const shown = await get('/metrics', 'good');
    expect(shown.status).toBe(200);
    expect(shown.text).toContain('things_total 3\n');
    const anonymous = await get('/metrics');
    expect(anonymous.status).toBe(403);
    expect(anonymous.text).toContain(
      'forbidden: User \\"system:anonymous\\" cannot get path \\"/metrics\\"',
    );
    expect((await get('/metrics', 'bad')).status).toBe(401);
    expect((await get('/configz', 'good')).status).toBe(403);
  });

  it('says why there are no profiles of Go', async () => {
    const { get } = component();
    const refused = await get('/debug/pprof/profile', 'good');
    expect(refused.status).toBe(404);
    expect(refused.text).toContain('--cpu-prof');
  });

  it('remembers what the API server said for ten seconds', async () => {
    const { get, asked, clock } = component();
    await get('/metrics', 'good');
    await get('/metrics', 'good');
    expect(asked).toHaveLength(2);
    await clock.advance(10_001);
    await get('/metrics', 'good');
    expect(asked).toHaveLength(4);
  });
});

it('counts how its health checks went', async () => {
  const { get, state } = component();
  await get('/readyz');
  state.ready = true;
  await get('/readyz');
  await get('/readyz/ping');
  const { text } = await get('/metrics/slis', 'good');
  expect(text).toContain('kubernetes_healthcheck{name="informer-sync",type="readyz"} 1\n');
  for (const [name, status, count] of [
    ['informer-sync', 'error', 1],
    ['informer-sync', 'success', 1],
    ['ping', 'success', 2],
  ])
    expect(text).toContain(
      `kubernetes_healthchecks_total{name="${name}",status="${status}",type="readyz"} ${count}\n`,
    );
});

it('knows whose client certificate it is shown, and lets those without one in as well', async () => {
  const folder = await temporaryFolder('wherry-serving-');
  const now = Date.now();
  const validity = { notBeforeMs: now - 60_000, notAfterMs: now + 3_600_000 };
  const ca = realX509.certificateAuthority({ commonName: 'ours' }, validity);
  const other = realX509.certificateAuthority({ commonName: 'theirs' }, validity);
  const subject = { commonName: 'prometheus' };
  const clientOf = (authority: typeof ca) => {
    const { certificate: cert, privateKey: key } = realX509.issue(
      { subject, validity, usage: 'client' },
      authority,
    );
    return { cert, key };
  };
  const clientCaFile = `${folder.path}/ca.crt`;
  await realDisk.write(clientCaFile, ca.certificate);
  const [securePort = 0] = await freePorts('127.0.0.1', 1);
  const serving = await serveComponent(
    {
      ...{ bindAddress: '127.0.0.1', securePort, clientCaFile },
      authorizationAlwaysAllowPaths: ['/healthz'],
    },
    { metrics: new Metrics(), client: apiServer().client, logger: silentLogger, readyz: [] },
  );
  const get = (path: string, identity: object = {}): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { ...identity, rejectUnauthorized: false, agent: false };
      request(`${serving.url}${path}`, options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      })
        .on('error', reject)
        .end();
    });
  try {
    expect(await get('/metrics', clientOf(ca))).toBe(200);
    expect(await get('/metrics', clientOf(other))).toBe(401);
    expect(await get('/metrics')).toBe(403);
    expect(await get('/healthz')).toBe(200);
  } finally {
    await serving.stop();
    await folder.remove();
  }
});
