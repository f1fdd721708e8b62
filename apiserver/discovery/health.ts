import type { HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import type { HealthSlis } from '../../platform/metrics/health-slis.ts';
import { pageNotFound, textResponse } from '../pipeline/status-response.ts';

/** One named check. */
export interface HealthCheck {
  readonly name: string;
  /** Undefined: healthy. Else why not, which only the check's own path tells. */
  check(): string | undefined | Promise<string | undefined>;
}

/** Checks of the three endpoints: a live server that is not ready yet is told from a dead one. */
export interface HealthChecks {
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
  readonly healthz: readonly HealthCheck[];
}

async function outcomeOf(check: HealthCheck): Promise<string | undefined> {
  try {
    return await check.check();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function single(check: HealthCheck): Promise<HttpResponse> {
  const failure = await outcomeOf(check);
  if (failure === undefined) return textResponse(200, 'ok');
  return textResponse(500, `internal server error: ${failure}\n`);
}

async function all(
  endpoint: string,
  checks: readonly HealthCheck[],
  { query, slis }: { readonly query: URLSearchParams; readonly slis: HealthSlis },
): Promise<HttpResponse> {
  const excluded = new Set(query.getAll('exclude'));
  const lines: string[] = [];
  let failed = false;
  for (const check of checks) {
    if (excluded.delete(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const failure = await outcomeOf(check);
    failed ||= failure !== undefined;
    slis.note(check.name, endpoint, failure === undefined);
    const mark = failure === undefined ? '[+]' : '[-]';
    lines.push(`${mark}${check.name} ${failure === undefined ? 'ok' : 'failed: reason withheld'}`);
  }
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(',');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  if (failed) return textResponse(500, `${lines.join('\n')}\n${endpoint} check failed\n`);
  if (!query.has('verbose')) return textResponse(200, 'ok');
  return textResponse(200, `${lines.join('\n')}\n${endpoint} check passed\n`);
}

/** /healthz, /livez, /readyz and one path per check below each, in kube-apiserver's text. */
export async function answerHealth(
  checks: HealthChecks,
  request: HttpRequest,
  slis: HealthSlis,
): Promise<HttpResponse | undefined> {
  const { query } = request;
  const [, endpoint = '', name, ...rest] = request.path.split('/');
  if (endpoint !== 'livez' && endpoint !== 'readyz' && endpoint !== 'healthz') return undefined;
  if (name === undefined) return all(endpoint, checks[endpoint], { query, slis });
  const wanted = [name, ...rest].join('/');
  const check = checks[endpoint].find((known) => known.name === wanted);
  return check === undefined ? pageNotFound() : single(check);
}
