import type { HttpHandler, HttpResponse } from '../../platform/net/http.ts';
import { command } from '../command.ts';
import { boolean, duration, integer, text } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

/** Paths that end in commands in containers: whoever reaches the proxy must not reach them. */
const REJECTED = '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach';

export const proxy = command({
  usage: '[--port=PORT] [--api-prefix=prefix] [options]',
  flags: {
    'accept-hosts': text('Host names (regular expressions) that requests may name', {
      value: '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$',
    }),
    'accept-paths': text('Paths (regular expressions) that are served', { value: '^.*' }),
    'append-server-path': boolean(
      "Accepted for compatibility: the path of the server's address is always put before",
    ),
    address: text('The address to listen on', { value: '127.0.0.1' }),
    'api-prefix': text('The prefix below which the API is served', { value: '/' }),
    'disable-filter': boolean('Serve every request: dangerous where others reach the port'),
    keepalive: duration('Accepted for compatibility'),
    port: integer('The port to listen on; 0: a free one', { shorthand: 'p', value: 8001 }),
    'reject-methods': text('Methods (regular expressions) that are not served', { value: '^$' }),
    'unix-socket': text('A Unix socket to listen on, in place of a port', { shorthand: 'u' }),
    www: text('A folder whose files are served, too', { shorthand: 'w' }),
    'www-prefix': text('The prefix below which the files are served', {
      shorthand: 'P',
      value: '/static/',
    }),
    'reject-paths': text('Paths (regular expressions) that are not served', { value: REJECTED }),
  },
  async run(session, { words, flags }) {
    if (words.length > 0) throw new UsageError(`unexpected arguments: [${words.join(' ')}]`);
    if (flags['disable-filter']) {
      session.complain(
        'Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious',
      );
    }
    const prefix = `/${flags['api-prefix']}/`.replaceAll(/\/+/g, '/');
    const wwwPrefix = `/${flags['www-prefix']}/`.replaceAll(/\/+/g, '/');
    const files = flags.www === '' ? undefined : { folder: flags.www, prefix: wwwPrefix };
    const allowed = flags['disable-filter'] ? () => true : filterOf(flags);
    const listening = await session.environment.sockets.listenHttp(
      flags['unix-socket'] === ''
        ? { host: flags.address, port: flags.port }
        : { path: flags['unix-socket'] },
      proxyHandler(session, { prefix, files, allowed }),
    );
    const where = flags['unix-socket'] || `${flags.address}:${listening.port}`;
    session.print(`Starting to serve on ${where}`);
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

interface Served {
  readonly prefix: string;
  readonly files: { readonly folder: string; readonly prefix: string } | undefined;
  readonly allowed: (request: Request) => boolean;
}

function proxyHandler(session: Session, { prefix, files, allowed }: Served): HttpHandler {
  return async (request) => {
    const path = cleaned(request.path);
    // As Go's servers answer such paths: whoever asks is sent to what is served.
    if (path !== request.path) return moved(path, request.query);
    if (files !== undefined && request.path.startsWith(files.prefix)) {
      const path = decodeURIComponent(request.path.slice(files.prefix.length));
      return fileOf(session, files.folder, path);
    }
    if (!allowed(request)) return plain(403, 'Forbidden\n');
    if (!request.path.startsWith(prefix)) return plain(404, '404 page not found\n');
    const kept = Object.entries(request.headers).filter(([name]) => !ownHeaders.includes(name));
    return session.handler({
      ...request,
      path: `/${request.path.slice(prefix.length)}`,
      headers: {
        ...Object.fromEntries(kept),
        // Exec, port-forward and the like change the protocol.
        ...(request.headers['upgrade'] === undefined ? {} : { connection: 'Upgrade' }),
      },
    });
  };
}

/** Without empty segments, `.` and `..`: what is asked for is what was allowed. */
function cleaned(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
}

function moved(path: string, query: URLSearchParams): HttpResponse {
  const location = query.size === 0 ? path : `${path}?${query.toString()}`;
  return { ...plain(301, ''), headers: { location } };
}

/** A file below the folder, never beside it. */
async function fileOf(session: Session, folder: string, path: string) {
  if (path.split('/').includes('..')) return plain(404, '404 page not found\n');
  const { files, disk } = session.environment;
  const at = `${folder.replace(/\/$/, '')}/${path}`;
  const names = await files.list(at);
  if (names !== undefined) {
    const links = names.map((name) => `<a href="${encodeURIComponent(name)}">${name}</a>`);
    return page(`<pre>\n${links.join('\n')}\n</pre>\n`);
  }
  const bytes = await disk.read(at);
  if (bytes === undefined) return plain(404, '404 page not found\n');
  const ending = /\.(\w+)$/.exec(path)?.[1] ?? '';
  const type = fileTypes[ending] ?? 'application/octet-stream';
  return { status: 200, headers: { 'content-type': type }, body: bytes };
}

const fileTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};

const page = (body: string) => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from(body),
});

const plain = (status: number, body: string) => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: Buffer.from(body),
});
