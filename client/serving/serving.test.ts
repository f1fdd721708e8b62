import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../platform/http.ts';
import { JsonValue } from '../../platform/http.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createClient } from '../rest.ts';
import { componentHandler, untilReady } from './component-handler.ts';
import { DelegatedAccess } from './delegated-access.ts';

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
      : { allowed: spec.user === 'prometheus' && spec.nonResourceAttributes?.path === '/metrics' };
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
