/** The API servers: readiness check by check, clocks, and how far their caches are behind. */
import { bodyValue } from '../../client/response-body.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HttpHandler, HttpResponse } from '../../platform/net/http.ts';
import { parseHttpDate } from '../../platform/node/net/http-date.ts';
import type { ComponentState } from '../run-state.ts';
import { failed, type Finding, ok, warning, within } from './finding.ts';

const PATIENCE_MS = 5_000;
const CLOCK_APART_MS = 2_000;
const SLOW_WATCH_MS = 1_000;
const SET_CLOCKS = 'leases and certificates need clocks that agree, as NTP keeps them';

export type Connect = (baseUrl: string) => { handler: HttpHandler; close(): Promise<void> };

export async function apiServerFindings(
  clock: Clock,
  servers: readonly ComponentState[],
  connect: Connect,
): Promise<Finding[]> {
  const findings = await Promise.all(
    servers.map(async (server): Promise<Finding[]> => {
      const connection = connect(server.address!);
      try {
        return await within(clock, PATIENCE_MS, lookAt(clock, server.name, connection.handler));
      } catch (error) {
        const { name } = server;
        const todo = `see \`wherry logs ${name}\`, then \`wherry restart ${name}\``;
        const says = `${(error as Error).message}; ${todo}`;
        return [failed(name, says)];
      } finally {
        await connection.close();
      }
    }),
  );
  return findings.flat();
}

async function lookAt(clock: Clock, name: string, handler: HttpHandler): Promise<Finding[]> {
  const { response, text } = await get(handler, '/readyz', { verbose: '' });
  const broken = text.split('\n').filter((line) => line.startsWith('[-]'));
  if (response.status !== 200) {
    const why = broken.join(', ') || text.trim();
    return [failed(name, `not ready: ${why}; see \`wherry logs ${name}\``)];
  }
  return [ok(name, 'ready'), clocks(clock, name, response), await cacheLag(clock, name, handler)];
}

function clocks(clock: Clock, name: string, { headers }: HttpResponse): Finding {
  const what = `${name} clock`;
  const theirs = parseHttpDate(headers['date'] ?? '');
  if (theirs === undefined) return warning(what, 'its answers carry no Date');
  // The header counts whole seconds.
  const apart = Math.max(0, Math.abs(clock.now() - theirs) - 1000);
  return apart > CLOCK_APART_MS
    ? warning(what, `${(apart / 1000).toFixed(1)} s from this machine's: ${SET_CLOCKS}`)
    : ok(what, 'as this machine');
}

/**
 * A list from the cache that must be as new as the store waits until the cache has seen every
 * event up to now: the time it takes is how far watchers are behind.
 */
async function cacheLag(clock: Clock, name: string, handler: HttpHandler): Promise<Finding> {
  const what = `${name} watch cache`;
  const begun = clock.monotonic();
  const { response } = await get(handler, '/api/v1/namespaces', { limit: '1' });
  const ms = clock.monotonic() - begun;
  if (response.status !== 200) return failed(what, `listing namespaces answers ${response.status}`);
  const says = `level with the store within ${Math.ceil(ms)} ms`;
  return ms > SLOW_WATCH_MS
    ? warning(what, `${says}: the server is busy; add --apiservers, or give it a faster machine`)
    : ok(what, says);
}

async function get(
  handler: HttpHandler,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<{ response: HttpResponse; text: string }> {
  const response = await handler({
    method: 'GET',
    path,
    query: new URLSearchParams(query),
    headers: {},
    peer: { address: 'doctor' },
    signal: new AbortController().signal,
  });
  const value = await bodyValue(response);
  return { response, text: typeof value === 'string' ? value : '' };
}
