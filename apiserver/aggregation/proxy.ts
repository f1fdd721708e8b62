/** Requests for what another server serves: passed on in the name of who asked. */
import type { APIService } from '../../api/types/apiregistration-v1.ts';
import type { Headers, HttpResponse } from '../../platform/net/http.ts';
import type { Upstream, UpstreamAnswer } from '../../platform/net/upstream.ts';
import type { User } from '../authn/user.ts';
import type { PipelineRequest } from '../pipeline/api-request.ts';
import { textResponse } from '../pipeline/status-response.ts';
import { bodyOf, forwardedHeaders, passedOn } from '../proxy/pass-on.ts';
import { callFailureText } from '../webhook/call-failure.ts';
import { NoAddress } from '../webhook/service-address.ts';
import { type Target, targetOf, type TargetOptions } from './target.ts';

/** Bytes of UTF-8, each as the character that a header's text has for it. */
const sent = (text: string): string => Buffer.from(text).toString('latin1');

/** A name of a header may not hold these, though a URL may. */
const escaped = (key: string): string =>
  encodeURIComponent(key).replace(/[()]/g, (each) => (each === '(' ? '%28' : '%29'));

export function remoteUserHeaders({ name, uid, groups, extra = {} }: User) {
  const headers: Record<string, string | readonly string[]> = {
    'X-Remote-User': sent(name),
    'X-Remote-Group': groups.map(sent),
  };
  if (uid !== undefined && uid !== '') headers['X-Remote-Uid'] = sent(uid);
  for (const [key, values] of Object.entries(extra))
    headers[`X-Remote-Extra-${escaped(key)}`] = values.map(sent);
  return headers;
}

/** Those of a client; only this server names users. */
function withoutClaims(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith('x-remote-')),
  );
}

/** kube-apiserver's answer where nobody can be asked. */
export const unavailable = (): HttpResponse => textResponse(503, 'service unavailable\n');

const REDIRECTED = 'the backend attempted to redirect this request, which is not permitted';

/** A client that followed would show its credentials to whomever it is sent to (CVE-2022-3172). */
const redirects = ({ status, headers }: UpstreamAnswer): boolean =>
  status >= 300 && status <= 399 && (headers['location'] ?? '') !== '';

/** One piece at most is read: what is endless is broken off. */
async function dropped(body: UpstreamAnswer['body']): Promise<void> {
  try {
    for await (const _piece of body) return;
  } catch {
    // It was broken off anyway.
  }
}

export interface ProxyOptions extends TargetOptions {
  readonly upstream: Upstream;
}

export async function proxied(
  service: APIService,
  { http, user, auditId }: Pick<PipelineRequest, 'http' | 'user' | 'auditId'>,
  options: ProxyOptions,
): Promise<HttpResponse> {
  let target: Target;
  try {
    target = await targetOf(service, options);
  } catch (error) {
    if (error instanceof NoAddress) return unavailable();
    throw error;
  }
  const { origin, address, tls } = target;
  const search = http.query.toString();
  try {
    const answer = await options.upstream.send({
      address,
      tls,
      method: http.method,
      signal: http.signal,
      body: bodyOf(http),
      url: `${origin}${http.path}${search === '' ? '' : `?${search}`}`,
      headers: {
        ...withoutClaims(forwardedHeaders(http)),
        ...remoteUserHeaders(user),
        'audit-id': auditId,
        'x-forwarded-uri': http.path,
      },
    });
    if (!redirects(answer)) return passedOn(answer);
    void dropped(answer.body);
    return textResponse(502, REDIRECTED);
  } catch (error) {
    const why = callFailureText(error, tls.serverName);
    return textResponse(503, `error trying to reach service: ${why}\n`);
  }
}
