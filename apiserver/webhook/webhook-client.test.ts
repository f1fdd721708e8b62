import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createPlain } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { realClock } from '../../platform/node/clock.ts';
import { outgoingHttp } from '../../platform/node/net/outgoing-http.ts';
import { realRandom } from '../../platform/node/random.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { ProgramRequest, Programs } from '../../platform/programs.ts';
import { kubeconfigUsers } from './kubeconfig-target.ts';
import { WebhookClient, type WebhookClientConfig } from './webhook-client.ts';

const validity = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };
const ca = realX509.certificateAuthority({ commonName: 'ca' }, validity);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const caBundle = base64(ca.certificate);

function serving(dnsNames: readonly string[], ipAddresses: readonly string[], valid = validity) {
  const names = { dnsNames, ipAddresses };
  const subject = { commonName: 'webhook' };
  const leaf = realX509.issue({ subject, validity: valid, usage: 'server', names }, ca);
  return { cert: leaf.certificate, key: leaf.privateKey };
}

type Answer = (body: unknown, response: ServerResponse, request: IncomingMessage) => void;
let answer: Answer;
let server: Server;
let connections = 0;

async function listening(server: {
  listen(port: number, host: string, done: () => void): unknown;
}) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function start(certificate: { cert: string; key: string }): Server {
  return createServer(certificate, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      answer(text === '' ? undefined : JSON.parse(text), response, request);
    });
  });
}

const portOf = (of: { address(): unknown }): number => (of.address() as AddressInfo).port;

beforeAll(async () => {
  server = start(serving(['hook.ns.svc', 'localhost'], ['127.0.0.1']));
  server.on('secureConnection', () => connections++);
  await listening(server);
});
afterAll(() => void server.close());

const services = new Map<string, Service>();
const slices: EndpointSlice[] = [];
const effects = {
  clock: realClock,
  random: realRandom,
  services: {
    service: (namespace: string, name: string) =>
      Promise.resolve(services.get(`${namespace}/${name}`)),
    endpointSlices: () => Promise.resolve(slices),
  },
};
let http: OutgoingHttp;
let client: WebhookClient;
beforeEach(() => {
  connections = 0;
  services.clear();
  slices.length = 0;
  http = outgoingHttp();
  client = new WebhookClient({ http, ...effects });
  answer = (body, response) => void response.end(JSON.stringify({ got: body }));
});
afterEach(() => http.close());

const call = (config: WebhookClientConfig, more: object = {}) =>
  client.call({ config, body: { hello: 1 }, timeoutMs: 5_000, ...more });
const urlOf = (path = '/x'): string => `https://127.0.0.1:${portOf(server)}${path}`;
const here = (path?: string): WebhookClientConfig => ({ url: urlOf(path), caBundle });
const failure = async (config: WebhookClientConfig, more: object = {}): Promise<string> => {
  const error = await call(config, more).then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error?.name).toBe('WebhookCallError');
  return error!.message;
};

function service(spec: object): void {
  services.set('ns/hook', { metadata: { name: 'hook' }, spec } as Service);
}

describe('a webhook by URL', () => {
  it('is posted JSON, with its time, and kept connected', async () => {
    let path = '';
    answer = (body, response, request) => {
      path = `${request.method} ${request.url} ${request.headers['content-type']}`;
      response.end(JSON.stringify({ got: body }));
    };
    for (let i = 0; i < 3; i++) expect(await call(here('/a/b'))).toEqual({ got: { hello: 1 } });
    expect(path).toBe('POST /a/b?timeout=5s application/json');
    expect(connections).toBe(1);
  });

  it('is called as the user that is named for its host', async () => {
    const sent: (string | undefined)[] = [];
    answer = (_body, response, request) => {
      sent.push(request.headers.authorization);
      response.end('{}');
    };
    const asked: string[] = [];
    const users = (hostPort: string) => {
      asked.push(hostPort);
      return { headers: { authorization: 'Bearer secret' } };
    };
    await call(here(), { users });
    await call(here());
    expect(sent).toEqual(['Bearer secret', undefined]);
    expect(asked).toEqual([new URL(urlOf()).host]);
  });

  describe('whose user a program names', () => {
    const VERSION = 'client.authentication.k8s.io/v1';
    const exec = { apiVersion: VERSION, command: 'helper', interactiveMode: 'Never' };
    const kubeconfig = (user: object): string =>
      JSON.stringify({ users: [{ name: '*', user: { exec: { ...exec, ...user } } }] });
    const around = (run: Programs['run']) => ({
      ...{ folder: '/etc/', read: () => Promise.reject(new Error('no files')) },
      runs: { programs: { run }, clock: realClock },
    });
    const says = (status: object) =>
      Promise.resolve({
        code: 0,
        out: JSON.stringify({ kind: 'ExecCredential', apiVersion: VERSION, status }),
      });

    it('is run once, until its answer ends or is not believed', async () => {
      const asked: ProgramRequest[] = [];
      let ends = '';
      const users = await kubeconfigUsers(
        kubeconfig({ command: './helper', args: ['a'], env: [{ name: 'B', value: 'c' }] }),
        around((request) => {
          asked.push(request);
          return says({ token: `t${asked.length}`, expirationTimestamp: ends });
        }),
      );
      const sent: (string | undefined)[] = [];
      let status = 200;
      answer = (_body, response, request) => {
        sent.push(request.headers.authorization);
        response.writeHead(status).end('{}');
      };
      await Promise.all([call(here(), { users }), call(here(), { users })]);
      expect(sent).toEqual(['Bearer t1', 'Bearer t1']);
      const { program, args, env, input } = asked[0]!;
      const spec = { interactive: false };
      expect({ program, args, input }).toEqual({
        ...{ program: '/etc/./helper', args: ['a'], input: 'none' },
      });
      expect(env!['B']).toBe('c');
      const told = { kind: 'ExecCredential', apiVersion: VERSION, spec };
      expect(JSON.parse(env!['KUBERNETES_EXEC_INFO']!)).toEqual(told);
      // What is not believed is not sent again, and nor is what has ended.
      status = 401;
      ends = '2020-01-01T00:00:00Z';
      await failure(here(), { users });
      status = 200;
      for (let i = 0; i < 2; i++) await call(here(), { users });
      expect(sent.slice(2)).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t3']);
    });

    it('may say it by a certificate', async () => {
      const subject = { commonName: 'apiserver' };
      const { certificate, privateKey } = realX509.issue(
        { subject, validity, usage: 'client' },
        ca,
      );
      const status = { clientCertificateData: certificate, clientKeyData: privateKey };
      const users = await kubeconfigUsers(
        kubeconfig({}),
        around(() => says(status)),
      );
      let sent: unknown;
      const spied: OutgoingHttp = {
        ...http,
        send: (request) => {
          sent = request.client;
          return http.send(request);
        },
      };
      await new WebhookClient({ ...effects, http: spied }).call({
        ...{ config: here(), body: {}, timeoutMs: 5_000, users },
      });
      expect(sent).toEqual({ certificate, privateKey });
    });

    it.each<[string, Programs['run'], string]>([
      [
        'is not there',
        () => Promise.reject(Object.assign(new Error('spawn'), { code: 'ENOENT' })),
        'exec: executable helper not found',
      ],
      [
        'fails',
        () => Promise.resolve({ code: 3, out: '' }),
        'exec: executable helper failed with exit code 3',
      ],
      ['says nothing', () => says({}), "exec plugin didn't return a token or cert/key pair"],
      [
        'keeps the key to itself',
        () => says({ clientCertificateData: 'x' }),
        'exec plugin returned only certificate or key, not both',
      ],
    ])('cannot be called when that %s', async (_what, run, why) => {
      const users = await kubeconfigUsers(kubeconfig({}), around(run));
      const post = `Post "${urlOf('/x?timeout=5s')}": getting credentials: ${why}`;
      expect(await failure(here(), { users })).toBe(post);
    });

    it('does not wait for one that hangs', async () => {
      const users = await kubeconfigUsers(
        kubeconfig({}),
        around(() => new Promise(() => {})),
      );
      const post = `Post "${urlOf('/x?timeout=1s')}": context deadline exceeded`;
      expect(await failure(here(), { users, timeoutMs: 100 })).toBe(post);
    });

    it.each([
      [{ command: '' }, 'command must be specified for * to use exec authentication plugin'],
      [{ interactiveMode: undefined }, 'interactiveMode must be specified for * to use exec'],
      [{ interactiveMode: 'Now' }, 'invalid interactiveMode for *: "Now"'],
      [{ interactiveMode: 'Always' }, 'standard input is not a terminal'],
    ])('is refused with %j', async (wrong, why) => {
      const read = kubeconfigUsers(
        kubeconfig(wrong),
        around(() => says({})),
      );
      await expect(read).rejects.toThrow(why);
    });
  });

  it('may close its connections: the call is made again on another', async () => {
    await call(here());
    server.closeIdleConnections();
    expect(await call(here())).toEqual({ got: { hello: 1 } });
  });

  it.each([
    [404, 'gone', 'the server could not find the requested resource'],
    [500, 'oops\n', 'an error on the server ("oops") has prevented the request from succeeding'],
    [403, 'not you', 'not you'],
    [302, '', 'the server responded with the status code 302 but did not return more information'],
  ])('answers %i', async (status, body, message) => {
    answer = (_body, response) => void response.writeHead(status).end(body);
    expect(await failure(here())).toBe(message);
  });

  it('answers garbage', async () => {
    answer = (_body, response) => void response.end('<html>');
    expect(await failure(here())).toBe(
      "couldn't get version/kind; json parse error: " +
        "invalid character '<' looking for beginning of value",
    );
  });

  it('hangs before, or within its answer', async () => {
    answer = () => {};
    const deadline = `Post "${urlOf('/x?timeout=1s')}": context deadline exceeded`;
    expect(await failure(here(), { timeoutMs: 100 })).toBe(deadline);
    answer = (_body, response) => void response.write('{');
    expect(await failure(here(), { timeoutMs: 100 })).toBe(deadline);
  });

  it('never stops answering', async () => {
    answer = (_body, response) => {
      const more = (): void => {
        while (response.writable && response.write(Buffer.alloc(65_536, 0x20)));
        response.once('drain', more);
      };
      more();
    };
    expect(await failure(here(), { maxAnswerBytes: 1_000_000 })).toBe(
      `Post "${urlOf('/x?timeout=5s')}": the answer is too large: more than 1000000 bytes`,
    );
  });

  it('goes away within its answer', async () => {
    answer = (_body, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
      setImmediate(() => response.destroy());
    };
    expect(await failure(here())).toMatch(/: unexpected EOF$/);
  });

  it('is no longer needed', async () => {
    const aborting = new AbortController();
    answer = () => aborting.abort();
    expect(await failure(here(), { signal: aborting.signal })).toMatch(/: context canceled$/);
  });

  it('refuses the connection', async () => {
    const gone = createPlain();
    await listening(gone);
    const port = portOf(gone);
    await new Promise((resolve) => gone.close(resolve));
    const config = { url: `https://127.0.0.1:${port}/v` };
    expect(await failure(config)).toBe(
      `Post "https://127.0.0.1:${port}/v?timeout=5s": ` +
        `dial tcp 127.0.0.1:${port}: connect: connection refused`,
    );
  });

  it('has a certificate that nobody vouches for', async () => {
    expect(await failure({ url: urlOf() })).toMatch(
      /: tls: failed to verify certificate: x509: certificate signed by unknown authority$/,
    );
  });

  it('has a certificate for somebody else, or of the past', async () => {
    const past = { notBeforeMs: Date.now() - 7_200_000, notAfterMs: Date.now() - 3_600_000 };
    for (const [certificate, message] of [
      [
        serving(['other.example'], []),
        /x509: cannot validate certificate for 127.0.0.1 because it/,
      ],
      [serving([], ['127.0.0.2']), /x509: certificate is valid for 127.0.0.2, not 127.0.0.1$/],
      [serving([], ['127.0.0.1'], past), /x509: certificate has expired or is not yet valid$/],
    ] as const) {
      const other = start(certificate);
      await listening(other);
      const url = `https://127.0.0.1:${portOf(other)}/`;
      expect(await failure({ url, caBundle })).toMatch(message);
      other.close();
    }
  });

  it('speaks no TLS', async () => {
    const plain = createPlain((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await listening(plain);
    const url = `https://127.0.0.1:${portOf(plain)}/`;
    expect(await failure({ url })).toMatch(/: http: server gave HTTP response to HTTPS client$/);
    plain.close();
  });
});

describe('a webhook behind a service', () => {
  const config: WebhookClientConfig = {
    service: { namespace: 'ns', name: 'hook', path: '/mutate', port: 8443 },
    caBundle,
  };
  const posted = 'Post "https://hook.ns.svc:8443/mutate?timeout=5s"';
  const slice = (ready: boolean | undefined): EndpointSlice => ({
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: {} },
    addressType: 'IPv4',
    ports: [{ name: 'tls', port: portOf(server) }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: ready === undefined ? {} : { ready } }],
  });

  it('is reached at a ready endpoint, by its DNS name', async () => {
    service({ type: 'ClusterIP', ports: [{ name: 'tls', port: 8443 }] });
    slices.push(slice(true));
    let host = '';
    answer = (_body, response, request) => {
      host = request.headers.host ?? '';
      response.end('{}');
    };
    expect(await call(config)).toEqual({});
    expect(host).toBe('hook.ns.svc:8443');
  });

  it('is reached by its external name', async () => {
    service({ type: 'ExternalName', externalName: '127.0.0.1' });
    const port = portOf(server);
    expect(await call({ ...config, service: { ...config.service, port } })).toEqual({
      got: { hello: 1 },
    });
  });

  it('is not there, has no such port, or nobody who answers', async () => {
    expect(await failure(config)).toBe(`${posted}: service "hook" not found`);
    service({ ports: [{ port: 80 }] });
    expect(await failure(config)).toBe(`${posted}: no service port 8443 found for service "hook"`);
    service({ ports: [{ name: 'tls', port: 8443 }] });
    slices.push(slice(false));
    expect(await failure(config)).toBe(`${posted}: no endpoints available for service "hook"`);
  });
});
