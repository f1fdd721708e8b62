/**
 * A small API server for what streams: one pod whose commands are run on this machine, over the
 * documented subprotocols v5.channel.k8s.io (KEP-4006), and port-forward over SPDY alone.
 */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { SpdySession } from '../../kubelet/spdy/session.ts';
import type { SpdyStream } from '../../kubelet/spdy/stream.ts';
import { byteStreamOf } from '../../platform/node/net/byte-stream.ts';
import { realRawDeflate } from '../../platform/node/raw-deflate.ts';

export interface FakeStreams {
  readonly url: string;
  /** Sizes that a terminal told. */
  readonly sizes: string[];
  /** Queries of the logs that were asked for. */
  readonly logQueries: URLSearchParams[];
  stop(): Promise<void>;
}

const container = (name: string) => ({
  name,
  image: 'x',
  stdin: true,
  ports: [{ name: 'http', containerPort: 80 }],
});

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels: { app: 'web' } },
  spec: { containers: [container('main'), container('side')] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

const resource = (name: string, kind: string, short = '') => ({
  shortNames: [short],
  resource: name,
  responseKind: { kind },
  scope: 'Namespaced',
  verbs: ['get', 'list'],
  singularResource: kind.toLowerCase(),
});

const group = (name: string, version: string, resources: readonly object[]) => ({
  metadata: { name },
  versions: [{ version, resources }],
});

const usage = (cpu: string, memory: string) => ({ cpu, memory });

const answers: Readonly<Record<string, object>> = {
  '/api': {
    items: [group('', 'v1', [resource('pods', 'Pod'), resource('services', 'Service', 'svc')])],
  },
  '/apis': {
    items: [
      group('apps', 'v1', [resource('deployments', 'Deployment', 'deploy')]),
      group('metrics.k8s.io', 'v1beta1', [resource('pods', 'PodMetrics')]),
    ],
  },
  '/api/v1/namespaces/default/pods': { kind: 'PodList', items: [pod('web'), pod('web-2')] },
  '/api/v1/namespaces/default/pods/web': pod('web'),
  '/apis/apps/v1/namespaces/default/deployments/web': {
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } } },
  },
  '/api/v1/namespaces/default/services/web': {
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 8080, targetPort: 'http' }] },
  },
  '/api/v1/nodes': {
    items: [{ metadata: { name: 'n1' }, status: { allocatable: usage('4', '8Gi') } }],
  },
  '/apis/metrics.k8s.io/v1beta1/nodes': {
    kind: 'NodeMetricsList',
    items: [{ metadata: { name: 'n1' }, usage: usage('1500m', '2Gi') }],
  },
  '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods': {
    kind: 'PodMetricsList',
    items: [
      {
        metadata: { name: 'web', namespace: 'default' },
        containers: [
          { name: 'main', usage: usage('250m', '128Mi') },
          { name: 'side', usage: usage('1000001n', '1Mi') },
        ],
      },
      {
        metadata: { name: 'idle', namespace: 'default' },
        containers: [{ name: 'main', usage: usage('0', '4Ki') }],
      },
    ],
  },
};

export async function startFakeStreams(): Promise<FakeStreams> {
  const sizes: string[] = [];
  const logQueries: URLSearchParams[] = [];
  const server = createServer((request, response) => answer(request, response, logQueries));
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('v5.channel.k8s.io') ? 'v5.channel.k8s.io' : false),
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const forwards = url.pathname.endsWith('/portforward');
    const spdy = request.headers.upgrade === 'SPDY/3.1';
    if (url.searchParams.get('container') === 'side') {
      refuse(socket, { reason: 'Forbidden', code: 403, message: 'pods "web" is forbidden: no' });
    } else if (forwards !== spdy) {
      refuse(socket, { reason: 'BadRequest', code: 400, message: 'not spoken here' });
    } else if (forwards) forward(socket);
    else sockets.handleUpgrade(request, socket, head, (open) => run(open, url.searchParams, sizes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sizes,
    logQueries,
    stop: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuse(
  socket: Duplex,
  status: { readonly code: number; readonly [field: string]: unknown },
) {
  const body = JSON.stringify({ kind: 'Status', status: 'Failure', ...status });
  const head = `HTTP/1.1 ${status.code} no\r\ncontent-length: ${body.length}\r\n`;
  socket.end(`${head}connection: close\r\n\r\n${body}`);
}

function answer(request: IncomingMessage, response: ServerResponse, logs: URLSearchParams[]): void {
  const url = new URL(request.url ?? '/', 'http://fake');
  const log = /\/pods\/([^/]+)\/log$/.exec(url.pathname);
  if (log !== null) {
    logs.push(url.searchParams);
    const from = `${log[1]}/${url.searchParams.get('container')}`;
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write(`first of ${from}\nsec`);
    response.end(`ond of ${from}\n`);
    return;
  }
  const found = answers[url.pathname];
  const missing = { kind: 'Status', reason: 'NotFound', code: 404, message: 'not found' };
  response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(found ?? missing));
}

function run(socket: WebSocket, query: URLSearchParams, sizes: string[]): void {
  const [program = 'sh', ...args] = query.getAll('command');
  const child = spawn(program, args, { stdio: 'pipe' });
  const send = (channel: number, data: Buffer): void =>
    socket.send(Buffer.concat([Buffer.from([channel]), data]));
  child.stdout.on('data', (data: Buffer) => send(1, data));
  child.stderr.on('data', (data: Buffer) => send(2, data));
  child.stdin.on('error', () => {});
  socket.on('message', (message: Buffer) => {
    if (message[0] === 0) child.stdin.write(message.subarray(1));
    if (message[0] === 255 && message[1] === 0) child.stdin.end();
    if (message[0] === 4) sizes.push(message.subarray(1).toString());
  });
  if (!query.has('stdin')) child.stdin.end();
  socket.on('close', () => child.kill());
  child.on('close', (code) => {
    const failed = {
      status: 'Failure',
      reason: 'NonZeroExitCode',
      message: `command terminated with non-zero exit code: exit status ${code}`,
      details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
    };
    const status = code === 0 ? { status: 'Success' } : failed;
    send(3, Buffer.from(JSON.stringify({ metadata: {}, ...status })));
    socket.close();
  });
}

/** Answers what it gets in capitals. */
function forward(socket: Duplex): void {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'connection: Upgrade', 'upgrade: SPDY/3.1'];
  socket.write([...lines, '', ''].join('\r\n'));
  const session = new SpdySession(byteStreamOf(socket), realRawDeflate, (stream) => {
    if (stream.header('streamtype') === 'error') void stream.end();
    else void answerIn(stream).catch(() => {});
  });
  session
    .run()
    .catch(() => {})
    .finally(() => socket.destroy());
}

async function answerIn(stream: SpdyStream): Promise<void> {
  for await (const asked of stream.incoming) {
    const text = Buffer.from(asked).toString().toUpperCase();
    await stream.write(Buffer.from(`${stream.header('port')}: ${text}`));
  }
  await stream.end();
}
