/**
 * What the client port answers to plain HTTP: probes, version, metrics. In: etcd's paths and
 * bodies. Out: etcd's JSON gateway (/v3/…), which is handed in.
 */
import type { HttpHandler, HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Member } from '../server/interface.ts';
import type { BrowserRules } from './browsers.ts';
import { debugVars } from './debug-vars.ts';
import { health, probe, text, type HealthCounts } from './health.ts';
import type { ProcessUsage } from './metric-rows.ts';
import type { StoreMetrics } from './metrics.ts';
import { clusterVersion } from './version.ts';

const GATEWAY = /^\/v3(beta)?\//;
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

async function version(member: Member): Promise<HttpResponse> {
  const served = (await member.status()).version;
  const cluster = clusterVersion(served);
  const body = { etcdserver: served, etcdcluster: cluster, storage: cluster };
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: Buffer.from(JSON.stringify(body)) };
}

async function metrics(source: StoreMetrics): Promise<HttpResponse> {
  const headers = { 'content-type': METRICS_TYPE };
  return { status: 200, headers, body: Buffer.from(await source.text()) };
}

export function storeHttp(options: {
  readonly member: Member;
  readonly metrics: StoreMetrics;
  readonly health: HealthCounts;
  readonly usage: () => ProcessUsage;
  readonly logger: Logger;
  readonly browsers: BrowserRules;
  /** Absent: there is none. */
  readonly gateway?: HttpHandler;
}): HttpHandler {
  const { member } = options;
  const route = (request: HttpRequest): Promise<HttpResponse | undefined> | undefined => {
    if (request.path === '/health') return health(member, request, options.health);
    if (request.path === '/version') return version(member);
    if (request.path === '/metrics') return metrics(options.metrics);
    if (request.path === '/debug/vars') return debugVars(member, options.usage());
    return probe(member, request);
  };
  return async (request) => {
    const refusal = options.browsers.refuse(request);
    if (refusal !== undefined) return refusal;
    const cors = options.browsers.headers(request);
    if (request.method === 'OPTIONS') return { status: 200, headers: cors };
    if (options.gateway !== undefined && GATEWAY.test(request.path)) {
      const response = await options.gateway(request);
      return { ...response, headers: { ...response.headers, ...cors } };
    }
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    try {
      const response = await route({ ...request, method: 'GET' });
      if (response === undefined) return text(404, '404 page not found\n');
      if (isRead) return response;
      const notAllowed = text(405, 'Method Not Allowed\n');
      return { ...notAllowed, headers: { ...notAllowed.headers, allow: 'GET' } };
    } catch (error) {
      // A member that stops or has failed says so; anything else is a bug, and looks like one.
      options.logger.warn({ error, path: request.path }, 'an HTTP request failed');
      return text(503, `${error instanceof Error ? error.message : String(error)}\n`);
    }
  };
}
