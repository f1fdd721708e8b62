/** Requests for what another server serves: passed on in the name of who asked. */
import type { APIService } from '../../api/types/apiregistration-v1.ts';
import {
  type Headers,
  type HttpRequest,
  type HttpResponse,
  JsonValue,
} from '../../platform/http.ts';
import type { OutgoingStreams } from '../../platform/outgoing-http.ts';
import type { User } from '../authn/user.ts';
import { textResponse } from '../pipeline/status-response.ts';
import { callFailureText } from '../webhook/call-failure.ts';
import { NoAddress } from '../webhook/service-address.ts';
import { type Target, targetOf, type TargetOptions } from './target.ts';

/** RFC 9110, section 7.6.1, and what only the two ends of one connection mean. */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'content-length', 'host'],
]);
/** The client's own proofs, and claims that only this server may make. */
const OURS = /^(authorization|accept-encoding|x-remote-.*|impersonate-.*|:.*)$/;

export function remoteUserHeaders({ name, uid, groups, extra = {} }: User) {
  const headers: Record<string, string | readonly string[]> = {
    'X-Remote-User': name,
    'X-Remote-Group': groups,
  };
  if (uid !== undefined && uid !== '') headers['X-Remote-Uid'] = uid;
  for (const [key, values] of Object.entries(extra))
    headers[`X-Remote-Extra-${encodeURIComponent(key)}`] = values;
  return headers;
}

function passedOn(headers: Headers, drop: RegExp | undefined): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name]) => !HOP_BY_HOP.has(name) && drop?.test(name) !== true,
  );
  return Object.fromEntries(kept);
}

function bytesOf(body: HttpRequest['body']): Uint8Array | undefined {
  return body instanceof JsonValue ? body.bytes() : body;
}

/** kube-apiserver's answer where nobody can be asked. */
export const unavailable = (): HttpResponse => textResponse(503, 'service unavailable\n');

export interface ProxyOptions extends TargetOptions {
  readonly streams: OutgoingStreams;
}

export async function proxied(
  service: APIService,
  { http, user }: { readonly http: HttpRequest; readonly user: User },
  options: ProxyOptions,
): Promise<HttpResponse> {
  let target: Target;
  try {
    target = await targetOf(service, options);
  } catch (error) {
    if (error instanceof NoAddress) return unavailable();
    throw error;
  }
  const { origin, ...dialled } = target;
  const search = http.query.toString();
  const body = bytesOf(http.body);
  try {
    const answer = await options.streams.open({
      ...dialled,
      method: http.method,
      url: `${origin}${http.path}${search === '' ? '' : `?${search}`}`,
      headers: {
        ...passedOn(http.headers, OURS),
        ...remoteUserHeaders(user),
        'X-Forwarded-For': http.peer.address.replace(/:\d+$/, ''),
        'X-Forwarded-Uri': http.path,
      },
      ...(body === undefined ? {} : { body }),
      signal: http.signal,
    });
    return { ...answer, headers: passedOn(answer.headers, undefined) };
  } catch (error) {
    const why = callFailureText(error, target.serverName ?? '');
    return textResponse(503, `error trying to reach service: ${why}\n`);
  }
}
