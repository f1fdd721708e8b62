/** What a component serves beside its work: /healthz, /livez, /readyz, /metrics, /metrics/slis. */
import { StatusError, statusError } from '../../api/status.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import { HealthSlis } from '../../platform/metrics/health-slis.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { METRICS_TYPE, metricsText } from '../../platform/metrics/text.ts';

export interface HealthCheck {
  readonly name: string;
  /** Undefined: healthy. */
  check(): string | undefined;
}

export interface ComponentHandlerOptions {
  readonly metrics: Metrics;
  /** Beside "ping", which always succeeds. */
  readonly healthz: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
  /** Everybody may read these and what is below them. */
  readonly openPaths: readonly string[];
  /** Of all other paths: undefined if the request may be answered. */
  readonly refusal: (request: HttpRequest) => Promise<StatusError | undefined>;
}

/** Fails until the component does its work: its caches are filled. */
export const untilReady = (ready: () => boolean): HealthCheck => ({
  name: 'informer-sync',
  check: () => (ready() ? undefined : 'the caches are not filled yet'),
});

const text = (status: number, body: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: Buffer.from(body),
});

/** Profiles of Go's runtime: there is none here. */
const NO_PROFILES =
  'this is no Go program: start it by `node --cpu-prof` or `node --inspect` to profile it\n';

export function componentHandler(options: ComponentHandlerOptions): HttpHandler {
  const ping: HealthCheck = { name: 'ping', check: () => undefined };
  const endpoints: Readonly<Record<string, readonly HealthCheck[]>> = {
    '/healthz': [ping, ...options.healthz],
    '/livez': [ping, ...options.healthz],
    '/readyz': [ping, ...options.healthz, ...options.readyz],
  };
  const slis = new HealthSlis();
  const shown: Readonly<Record<string, Metrics>> = {
    '/metrics': options.metrics,
    '/metrics/slis': slis.metrics,
  };
  return async (request) => {
    const refused = await refusalOf(request, options);
    if (refused !== undefined) return refused;
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET only\n');
    const { path } = request;
    const metrics = shown[path];
    if (metrics !== undefined) {
      const body = Buffer.from(metricsText(metrics));
      return { status: 200, headers: { 'content-type': METRICS_TYPE }, body };
    }
    const [, endpoint = '', name] = /^(\/[a-z]+z)(?:\/(.+))?$/.exec(path) ?? [];
    const checks = endpoints[endpoint]?.filter((each) => name === undefined || each.name === name);
    if (path.startsWith('/debug/')) return text(404, NO_PROFILES);
    if (checks === undefined || checks.length === 0) return text(404, '404 page not found\n');
    const noted = name === undefined ? slis : undefined;
    return health(endpoint.slice(1), checks, { verbose: request.query.has('verbose'), noted });
  };
}

interface Asked {
  readonly verbose: boolean;
  /** Where outcomes are kept. */
  readonly noted: HealthSlis | undefined;
}

function health(name: string, checks: readonly HealthCheck[], asked: Asked): HttpResponse {
  let healthy = true;
  const lines = checks.map((each) => {
    const reason = each.check();
    healthy &&= reason === undefined;
    asked.noted?.note(each.name, name, reason === undefined);
    return reason === undefined ? `[+]${each.name} ok` : `[-]${each.name} failed: ${reason}`;
  });
  if (healthy && !asked.verbose) return text(200, 'ok');
  const verdict = `${name} check ${healthy ? 'passed' : 'failed'}`;
  return text(healthy ? 200 : 500, `${[...lines, verdict].join('\n')}\n`);
}

async function refusalOf(
  request: HttpRequest,
  { openPaths, refusal }: ComponentHandlerOptions,
): Promise<HttpResponse | undefined> {
  const { path } = request;
  if (openPaths.some((open) => path === open || path.startsWith(`${open}/`))) return undefined;
  let error: StatusError | undefined;
  try {
    error = await refusal(request);
  } catch (cause) {
    const why = cause instanceof StatusError ? cause.message : (cause as Error).message;
    error = statusError('InternalError', `Internal error occurred: ${why}`, {});
  }
  if (error === undefined) return undefined;
  const headers = { 'content-type': 'application/json' };
  const body = Buffer.from(`${JSON.stringify(error.status)}\n`);
  return { status: error.status.code ?? 500, headers, body };
}
