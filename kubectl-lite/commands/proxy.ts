import type { HttpHandler } from '../../platform/http.ts';
import { command } from '../command.ts';
import { boolean, duration, integer, text } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

/** Paths that end in commands in containers: whoever reaches the proxy must not reach them. */
const rejected = '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach';

export const proxy = command({
  usage: '[--port=PORT] [--api-prefix=prefix] [options]',
  flags: {
    'accept-hosts': text('Host names (regular expressions) that requests may name', {
      value: '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$',
    }),
    'accept-paths': text('Paths (regular expressions) that are served', { value: '^.*' }),
    address: text('The address to listen on', { value: '127.0.0.1' }),
    'api-prefix': text('The prefix below which the API is served', { value: '/' }),
    'disable-filter': boolean('Serve every request: dangerous where others reach the port'),
    keepalive: duration('Accepted for compatibility'),
    port: integer('The port to listen on; 0: a free one', { shorthand: 'p', value: 8001 }),
    'reject-methods': text('Methods (regular expressions) that are not served', { value: '^$' }),
    'reject-paths': text('Paths (regular expressions) that are not served', { value: rejected }),
  },
  async run(session, { words, flags }) {
    if (words.length > 0) throw new UsageError(`unexpected arguments: [${words.join(' ')}]`);
    if (flags['disable-filter']) {
      session.complain(
        'Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious',
      );
    }
    const prefix = `/${flags['api-prefix']}/`.replaceAll(/\/+/g, '/');
    const allowed = flags['disable-filter'] ? () => true : filterOf(flags);
    const listening = await session.environment.sockets.listenHttp(
      { host: flags.address, port: flags.port },
      proxyHandler(session, prefix, allowed),
    );
    session.print(`Starting to serve on ${flags.address}:${listening.port}`);
    try {
      await new Promise<void>((resolve) => {
        if (session.signal.aborted) resolve();
        session.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      await listening.stop();
    }
    return 0;
  },
});

type Request = Parameters<HttpHandler>[0];

function filterOf(flags: {
  readonly 'accept-hosts': string;
  readonly 'accept-paths': string;
  readonly 'reject-paths': string;
  readonly 'reject-methods': string;
}): (request: Request) => boolean {
  const matcher = (list: string): ((value: string) => boolean) => {
    const expressions = list.split(',').map((expression) => new RegExp(expression));
    return (value) => expressions.some((expression) => expression.test(value));
  };
  const hosts = matcher(flags['accept-hosts']);
  const paths = matcher(flags['accept-paths']);
  const noPaths = matcher(flags['reject-paths']);
  const noMethods = matcher(flags['reject-methods']);
  return ({ method, path, headers }) =>
    hosts((headers['host'] ?? '').replace(/:\d+$/, '')) &&
    paths(path) &&
    !noPaths(path) &&
    !noMethods(method);
}

/** Headers of the connection to us, and those that would say who is asking. */
const ownHeaders = ['host', 'connection', 'authorization', 'transfer-encoding', 'content-length'];

function proxyHandler(
  session: Session,
  prefix: string,
  allowed: (request: Request) => boolean,
): HttpHandler {
  return async (request) => {
    if (!allowed(request)) return plain(403, '<h3>Unauthorized</h3>');
    if (!request.path.startsWith(prefix)) return plain(404, '404 page not found\n');
    const kept = Object.entries(request.headers).filter(([name]) => !ownHeaders.includes(name));
    return session.handler({
      ...request,
      path: `/${request.path.slice(prefix.length)}`,
      headers: Object.fromEntries(kept),
    });
  };
}

const plain = (status: number, body: string) => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: Buffer.from(body),
});
