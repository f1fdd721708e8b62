import type { Headers } from '../../platform/http.ts';

/** Of one connection (RFC 9110, section 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
]);

/** Who the client is concerns this server alone; so do HTTP/2's ":authority" and its kin. */
const isSecret = (name: string): boolean =>
  name.startsWith(':') ||
  name === 'authorization' ||
  name === 'host' ||
  name.startsWith('impersonate-');

function without(headers: Headers, drops: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !drops(name)));
}

export function answerHeaders(headers: Headers): Headers {
  return without(headers, (name) => hopByHop.has(name));
}

/** With `upgrade`, what asks for another protocol goes along. */
export function forwardedHeaders(headers: Headers, address: string): Headers {
  const passed = without(headers, (name) => hopByHop.has(name) || isSecret(name));
  const before = headers['x-forwarded-for'];
  const own = address.replace(/:\d+$/, '');
  const upgrade = headers['upgrade'];
  return {
    ...passed,
    'x-forwarded-for': before === undefined ? own : `${before}, ${own}`,
    ...(upgrade === undefined ? {} : { connection: 'Upgrade', upgrade }),
  };
}
