import { describe, expect, it } from 'vitest';
import { decodeProtobuf, PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { statusError } from '../../api/status.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import {
  type HttpRequest,
  type HttpResponse,
  JsonValue,
  type Peer,
} from '../../platform/net/http.ts';
import { silentLogger } from '../../platform/logger.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { metricsText } from '../../platform/metrics/text.ts';
import { realRandom } from '../../platform/node/random.ts';
import { anyOf } from '../authn/authenticator.ts';
import { anyToken, bearerTokens, staticTokens } from '../authn/token-authenticator.ts';
import { clientCertificate } from '../authn/client-certificate.ts';
import type { Authorizer } from '../authz/authorizer.ts';
import { AUTHENTICATED_GROUP, type User } from '../authn/user.ts';
import type { PipelineHandler } from './filter.ts';
import { pipeline } from './filters.ts';
import { RequestCounts } from './request-counts.ts';

/** Time that moves only when told to. */
class HandClock implements Clock {
  #now = 0;
  readonly #timers = new Map<Timer, { at: number; fn: () => void }>();
  now = (): number => this.#now;
  monotonic = (): number => this.#now;
  after(delayMs: number, fn: () => void): Timer {
    const timer = { cancel: () => void this.#timers.delete(timer) };
    this.#timers.set(timer, { at: this.#now + delayMs, fn });
    return timer;
  }
  get pending(): number {
    return this.#timers.size;
  }
  advance(ms: number): void {
    this.#now += ms;
    for (const [timer, { at, fn }] of this.#timers) {
      if (at > this.#now) continue;
      this.#timers.delete(timer);
      fn();
    }
  }
}

/** Everything to who proved who they are, health and version to everybody. */
const authenticatedUsers: Authorizer = {
  authorize: ({ groups }, attributes) => ({
    allowed:
      groups.includes(AUTHENTICATED_GROUP) ||
      (attributes.type === 'path' &&
        attributes.verb === 'get' &&
        /^\/((health|live|ready)z|version)(\/|$)/.test(attributes.path)),
  }),
};

const fine: PipelineHandler = async ({ user }) => ({
  status: 200,
  headers: {},
  body: new JsonValue({ user }),
});

const tokens = (known: ReadonlyMap<string, User>) =>
  bearerTokens(
    anyToken(() => [staticTokens(known, ['api'])]),
    ['api'],
  );

interface Setup {
  readonly handler?: PipelineHandler;
  readonly authorizer?: Authorizer;
  readonly maxRequestsInFlight?: number;
  readonly strictTransport?: string;
}

function setUp({ handler = fine, authorizer = authenticatedUsers, ...rest }: Setup = {}) {
  const clock = new HandClock();
  const counts = new RequestCounts();
  const metrics = new Metrics();
  const jane = { name: 'jane', groups: ['dev'] };
  const handle = pipeline(
    {
      clock,
      counts,
      metrics,
      authorizer,
      random: realRandom,
      logger: silentLogger,
      authenticator: anyOf([clientCertificate, tokens(new Map([['secret', jane]]))]),
      limits: { maxReadOnly: rest.maxRequestsInFlight ?? 10, maxMutating: 1 },
      requestTimeoutMs: 60_000,
      isPassedOn: ({ group }) => group === 'passed-on',
      strictTransport: rest.strictTransport,
    },
    handler,
  );
  return { clock, counts, handle, text: () => metricsText(metrics) };
}

const admin = { commonName: 'admin', organizations: ['system:masters'] };

function request(
  line: string,
  options: { headers?: Record<string, string>; peer?: Partial<Peer>; signal?: AbortSignal } = {},
): HttpRequest {
  const [method = '', url = ''] = line.split(' ');
  const [path = '', query = ''] = url.split('?');
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: options.headers ?? {},
    peer: { address: 'test', ...options.peer },
    signal: options.signal ?? new AbortController().signal,
  };
}

const asAdmin = (line: string, headers: Record<string, string> = {}): HttpRequest =>
  request(line, { headers, peer: { certificate: admin } });

function valueOf({ body }: HttpResponse): unknown {
  return body instanceof JsonValue ? body.value : undefined;
}

it('tells browsers of strict transport where that is asked for, refusals too', async () => {
  const NAME = 'strict-transport-security';
  const { handle } = setUp({ strictTransport: 'max-age=1; preload' });
  const lines = ['GET /api', 'GET /api/v1/pods?timeout=5'];
  for (const line of lines)
    expect((await handle(asAdmin(line))).headers[NAME]).toBe('max-age=1; preload');
  expect((await setUp().handle(asAdmin('GET /api'))).headers).not.toHaveProperty(NAME);
});

describe('identity', () => {
  it('gives each answer an Audit-Id, the client’s own if it sent one', async () => {
    const { handle } = setUp();
    const [first, second, own] = await Promise.all([
      handle(asAdmin('GET /api')),
      handle(asAdmin('GET /api')),
      handle(asAdmin('GET /api', { 'audit-id': 'mine' })),
    ]);
    expect(first.headers['audit-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(first.headers['audit-id']).not.toBe(second.headers['audit-id']);
    expect(own.headers['audit-id']).toBe('mine');
    expect(own.headers['cache-control']).toBe('no-cache, private');
  });

  it('refuses bad credentials with 401, without saying what was wrong', async () => {
    const { handle } = setUp();
    const answers = await Promise.all([
      handle(request('GET /api/v1/pods', { headers: { authorization: 'Bearer wrong' } })),
      handle(request('GET /readyz', { peer: { certificateError: 'CERT_HAS_EXPIRED' } })),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(valueOf(answer)).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      });
      expect(answer.headers['audit-id']).toBeDefined();
    }
  });

  it.each(['/healthz', '/livez', '/readyz', '/readyz/etcd', '/version'])(
    'opens %s to everybody',
    async (path) => {
      expect((await setUp().handle(request(`GET ${path}`))).status).toBe(200);
    },
  );

  it.each([
    [
      'GET /api/v1/namespaces/default/pods',
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      'GET /apis/apps/v1/deployments?watch=1',
      'deployments.apps is forbidden: User "system:anonymous" cannot watch resource "deployments" in API group "apps" at the cluster scope',
    ],
    [
      'PUT /api/v1/namespaces/d/pods/web/status',
      'pods "web" is forbidden: User "system:anonymous" cannot update resource "pods/status" in API group "" in the namespace "d"',
    ],
    ['GET /apis', 'forbidden: User "system:anonymous" cannot get path "/apis"'],
    ['POST /version', 'forbidden: User "system:anonymous" cannot post path "/version"'],
  ])('forbids anonymous %s', async (line, message) => {
    const answer = await setUp().handle(request(line));
    expect(answer.status).toBe(403);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(valueOf(answer)).toMatchObject({ reason: 'Forbidden', message });
  });

  it('knows the bearer of a token', async () => {
    const headers = { authorization: 'Bearer secret' };
    const answer = await setUp().handle(request('GET /api', { headers }));
    expect(valueOf(answer)).toEqual({
      user: { name: 'jane', groups: ['dev', 'system:authenticated'] },
    });
  });
});

describe('impersonation', () => {
  it('acts as the named user', async () => {
    const headers = { 'impersonate-user': 'joe', 'impersonate-group': 'a\nb,c' };
    expect(valueOf(await setUp().handle(asAdmin('GET /api', headers)))).toEqual({
      user: { name: 'joe', groups: ['a', 'b,c', 'system:authenticated'] },
    });
  });

  it('knows the groups of a service account', async () => {
    const headers = { 'impersonate-user': 'system:serviceaccount:ns:robot' };
    expect(valueOf(await setUp().handle(asAdmin('GET /api', headers)))).toMatchObject({
      user: {
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
      },
    });
  });

  it('loses all rights as anonymous', async () => {
    const headers = { 'impersonate-user': 'system:anonymous' };
    expect((await setUp().handle(asAdmin('GET /api', headers))).status).toBe(403);
  });

  it.each(['__proto__', 'constructor'])(
    'gives the extra %s, which every object has',
    async (key) => {
      const headers = { 'impersonate-user': 'joe', [`impersonate-extra-${key}`]: 'a' };
      const answer = valueOf(await setUp().handle(asAdmin('GET /api', headers)));
      const { user } = answer as { user: { extra: object } };
      expect(Object.entries(user.extra)).toEqual([[key, ['a']]]);
    },
  );

  it('is refused to those who may not, and without a user', async () => {
    const authorizer: Authorizer = {
      authorize: (_user, { verb }) => ({ allowed: verb !== 'impersonate' }),
    };
    const { handle } = setUp({ authorizer });
    const refused = await handle(asAdmin('GET /api', { 'impersonate-user': 'joe' }));
    expect(valueOf(refused)).toMatchObject({
      code: 403,
      message:
        'users "joe" is forbidden: User "admin" cannot impersonate resource "users" in API group "" at the cluster scope',
    });
    const nobody = await handle(asAdmin('GET /api', { 'impersonate-group': 'a' }));
    expect(nobody.status).toBe(500);
  });
});

describe('failures', () => {
  it('answers a refusal with its Status and Retry-After', async () => {
    const { handle } = setUp({
      handler: async () => {
        throw statusError('TooManyRequests', 'later', { retryAfterSeconds: 7 });
      },
    });
    const answer = await handle(asAdmin('GET /api/v1/pods'));
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '7']);
  });

  describe('come in the form that the client accepts', () => {
    const refusal = statusError('NotFound', 'pods "x" not found', { name: 'x', kind: 'pods' });
    const refuse: PipelineHandler = async () => {
      throw refusal;
    };
    const ask = async (headers: Record<string, string>): Promise<HttpResponse> => {
      const asked = asAdmin('GET /api/v1/namespaces/d/pods/x');
      return setUp({ handler: refuse }).handle({ ...asked, headers });
    };
    const text = ({ body }: HttpResponse): string =>
      Buffer.from(body instanceof JsonValue ? body.bytes() : (body as Uint8Array)).toString();

    it.each([
      PROTOBUF_MEDIA_TYPE,
      `${PROTOBUF_MEDIA_TYPE},application/json`,
      `${PROTOBUF_MEDIA_TYPE};as=Table;v=v1;g=meta.k8s.io,${PROTOBUF_MEDIA_TYPE}`,
      `${PROTOBUF_MEDIA_TYPE};stream=watch`,
    ])('protobuf: %s', async (accept) => {
      const answer = await ask({ accept });
      expect([answer.status, answer.headers['content-type']]).toEqual([404, PROTOBUF_MEDIA_TYPE]);
      expect(decodeProtobuf(answer.body as Uint8Array)).toEqual(refusal.status);
    });

    it.each([
      'application/json',
      `${PROTOBUF_MEDIA_TYPE};as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json`,
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    ])('JSON: %s', async (accept) => {
      const answer = await ask({ accept });
      expect(answer.headers['content-type']).toBe('application/json');
      expect(text(answer)).toBe(JSON.stringify(refusal.status));
    });

    it.each(['application/json;as=Table;v=v1;g=meta.k8s.io', 'text/html'])(
      'JSON on several lines where nothing that there is was asked for: %s',
      async (accept) => {
        const answer = await ask({ accept });
        expect(answer.headers['content-type']).toBe('application/json');
        expect(text(answer)).toBe(JSON.stringify(refusal.status, undefined, 2));
      },
    );

    it('YAML, and JSON on several lines for people', async () => {
      const yaml = await ask({ accept: 'application/yaml' });
      expect(yaml.headers['content-type']).toBe('application/yaml');
      expect(text(yaml)).toContain('\nreason: NotFound\n');
      const pretty = text(await ask({ 'user-agent': 'curl/8.0' }));
      expect(pretty).toBe(JSON.stringify(refusal.status, null, 2));
    });
  });

  it('answers a bug with 500 that keeps its secret', async () => {
    const { handle } = setUp({
      handler: async () => {
        throw new Error('password is hunter2');
      },
    });
    const answer = await handle(asAdmin('GET /api/v1/pods'));
    expect(answer.status).toBe(500);
    expect(valueOf(answer)).toMatchObject({ reason: 'InternalError' });
    expect(JSON.stringify(valueOf(answer))).not.toContain('hunter2');
  });

  it('answers a path that cannot be decoded', async () => {
    expect((await setUp().handle(asAdmin('GET /api/v1/%zz'))).status).toBe(400);
  });
});

/** A handler whose requests end when told to. */
function gate() {
  const open: (() => void)[] = [];
  const handler: PipelineHandler = () =>
    new Promise((resolve) => open.push(() => resolve({ status: 200, headers: {} })));
  return { open, handler };
}

/** Lets everything run that only waits for promises. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('limits without priority and fairness', () => {
  it('bound writes apart from reads, and turn away what is too much', async () => {
    const { open, handler } = gate();
    const { handle, counts, text } = setUp({ handler });
    const token = { authorization: 'Bearer secret' };
    const first = handle(request('PUT /api/v1/namespaces/d/pods/a', { headers: token }));
    void handle(request('GET /api/v1/pods', { headers: token }));
    await settled();
    expect(counts.inFlight).toEqual({ readOnly: 1, mutating: 1 });
    const answer = await handle(request('PUT /api/v1/namespaces/d/pods/b', { headers: token }));
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '1']);
    expect(valueOf(answer)).toMatchObject({
      reason: 'TooManyRequests',
      message: 'Too many requests, please try again later.',
    });
    expect(counts.rejected).toBe(1);
    expect(text()).toMatch(/^apiserver_request_terminations_total\{code="429".*verb="PUT".*\} 1$/m);
    open[0]!();
    expect((await first).status).toBe(200);
    expect(counts.inFlight.mutating).toBe(0);
  });

  it('exempt watches and who may do everything', async () => {
    const { open, handler } = gate();
    const { handle } = setUp({ handler, maxRequestsInFlight: 1 });
    const headers = { authorization: 'Bearer secret' };
    for (const line of ['GET /api/v1/pods', 'GET /api/v1/pods?watch=true'])
      void handle(request(line, { headers }));
    await settled();
    void handle(asAdmin('GET /api/v1/pods'));
    await settled();
    expect(open).toHaveLength(3);
    expect((await handle(request('GET /readyz', { headers }))).status).toBe(429);
  });

  it('are none where they are zero', async () => {
    const { open, handler } = gate();
    const { handle } = setUp({ handler, maxRequestsInFlight: 0 });
    const headers = { authorization: 'Bearer secret' };
    for (let i = 0; i < 20; i++) void handle(request('GET /api/v1/pods', { headers }));
    await settled();
    expect(open).toHaveLength(20);
  });
});

describe('the deadline', () => {
  it.each([
    ['GET /api/v1/pods', 60_000],
    ['GET /api/v1/pods?timeout=5s', 5_000],
    ['GET /api/v1/pods?timeout=1h', 60_000],
    ['GET /api/v1/pods?timeout=0', 60_000],
    ['GET /api/v1/pods?timeout=1m30.5s', 60_000],
    ['GET /api/v1/pods?timeout=250ms', 250],
  ])('ends %s after %d ms', async (line, ms) => {
    let aborted = false;
    let deadlineMs: number | undefined;
    const { handle, clock, text } = setUp({
      handler: ({ http }) => {
        ({ deadlineMs } = http);
        http.signal.addEventListener('abort', () => (aborted = true));
        return new Promise(() => {});
      },
    });
    const answer = handle(asAdmin(line));
    await settled();
    expect(deadlineMs).toBe(clock.monotonic() + ms);
    clock.advance(ms - 1);
    await settled();
    expect(aborted).toBe(false);
    clock.advance(1);
    expect(valueOf(await answer)).toMatchObject({ code: 504, reason: 'Timeout' });
    expect(aborted).toBe(true);
    expect(text()).toMatch(/^apiserver_request_terminations_total\{code="504".*"pods".*\} 1$/m);
  });

  it.each([
    ['POST /api/v1/namespaces/d/pods', 34_000, 'requested'],
    ['PUT /api/v1/namespaces/d/pods/a', 34_000, 'requested'],
    ['PATCH /api/v1/namespaces/d/pods/a/status?timeout=40s', 34_000, 'requested'],
    ['DELETE /api/v1/namespaces/d/pods/a', 34_000, 'requested'],
    ['DELETE /api/v1/namespaces/d/pods/a?timeout=30s', 30_000, 'allotted'],
    ['DELETE /api/v1/namespaces/d/pods', 60_000, 'allotted'],
    ['POST /apis/passed-on/v1/namespaces/d/pods', 60_000, 'allotted'],
    ['POST /api', 60_000, 'allotted'],
  ])('ends %s after %d ms, as kube-apiserver does', async (line, ms, timeout) => {
    const { handle, clock } = setUp({ handler: () => new Promise(() => {}) });
    const answer = handle(asAdmin(line));
    await settled();
    expect(clock.pending).toBe(1);
    clock.advance(ms - 1);
    expect(await Promise.race([answer, settled()])).toBeUndefined();
    clock.advance(1);
    const { code, message } = valueOf(await answer) as { code: number; message: string };
    expect(code).toBe(504);
    expect(message).toContain(`request did not complete within`);
    expect(message).toContain(` ${timeout} timeout`);
  });

  it('refuses a timeout that is no duration', async () => {
    const answer = await setUp().handle(asAdmin('GET /api/v1/pods?timeout=5'));
    expect(valueOf(answer)).toMatchObject({
      code: 400,
      message: 'invalid timeout specified in the request URL - time: invalid duration "5"',
    });
  });

  it('has no timer for a watch, and leaves none behind', async () => {
    const { handle, clock } = setUp();
    await handle(asAdmin('GET /api/v1/pods?watch=true'));
    await handle(asAdmin('GET /api/v1/pods'));
    expect(clock.pending).toBe(0);
  });

  it('passes on that the client left', async () => {
    const client = new AbortController();
    let aborted = false;
    const { handle } = setUp({
      handler: ({ http }) =>
        new Promise((resolve) => {
          http.signal.addEventListener('abort', () => {
            aborted = true;
            resolve({ status: 200, headers: {} });
          });
        }),
    });
    const peer = { certificate: admin };
    const answer = handle(request('GET /api/v1/pods', { peer, signal: client.signal }));
    await settled();
    client.abort();
    await answer;
    expect(aborted).toBe(true);
  });
});

describe('metrics', () => {
  const resource = (labels: string): string => `{component="apiserver",${labels}}`;

  it('count what is answered, unknown things under one row', async () => {
    const { handle, text } = setUp({
      handler: async ({ http }) => ({
        status: http.path.includes('made-up') ? 404 : 200,
        headers: {},
      }),
    });
    await handle(asAdmin('GET /api/v1/pods'));
    await handle(asAdmin('GET /api/v1/pods'));
    await handle(asAdmin('GET /api/v1/made-up1'));
    await handle(asAdmin('GET /api/v1/made-up2'));
    await handle(asAdmin('GET /readyz'));
    await handle(asAdmin('POST /api/v1/namespaces/a/pods?dryRun=All'));
    await handle(request('GET /api/v1/pods'));
    const total = text()
      .split('\n')
      .filter((line) => line.startsWith('apiserver_request_total'));
    const row = (code: number, labels: string, count: number): string =>
      `apiserver_request_total{code="${code}",component="apiserver",${labels}} ${count}`;
    const unknown =
      'dry_run="",group="",resource="",scope="",subresource="",verb="LIST",version=""';
    expect(total).toEqual([
      row(
        200,
        'dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1"',
        2,
      ),
      row(404, unknown, 2),
      row(
        200,
        'dry_run="",group="",resource="",scope="",subresource="/readyz",verb="GET",version=""',
        1,
      ),
      row(
        200,
        'dry_run="All",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"',
        1,
      ),
      // The row of pods exists, so who may not see them is counted there.
      row(
        403,
        'dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1"',
        1,
      ),
    ]);
  });

  it('count a watch while it lasts, its events, and its end once', async () => {
    async function* events() {
      yield new JsonValue({ type: 'ADDED' });
      yield Buffer.from('{}');
    }
    const { handle, text } = setUp({
      handler: async () => ({ status: 200, headers: {}, body: events() }),
    });
    const { body } = await handle(asAdmin('GET /api/v1/namespaces/a/pods?watch=true'));
    const labels = resource(
      'group="",resource="pods",scope="namespace",subresource="",verb="WATCH",version="v1"',
    );
    expect(text()).toContain(`apiserver_longrunning_requests${labels} 1\n`);
    expect(text()).not.toContain('apiserver_request_total');
    for await (const _ of body as AsyncIterable<unknown>);
    expect(text()).toContain(`apiserver_longrunning_requests${labels} 0\n`);
    const of = '{group="",resource="pods",version="v1"}';
    expect(text()).toContain(`apiserver_watch_events_total${of} 2\n`);
    expect(text()).toContain(`apiserver_watch_events_sizes_count${of} 2\n`);
    expect(text()).toMatch(/^apiserver_request_total\{code="200".*verb="WATCH".*\} 1$/m);
    expect(text()).not.toContain('apiserver_request_sli_duration_seconds');
  });

  it('end a watch whose reader leaves', async () => {
    async function* events() {
      for (;;) yield new JsonValue({});
    }
    const { handle, text } = setUp({
      handler: async () => ({ status: 200, headers: {}, body: events() }),
    });
    const { body } = await handle(asAdmin('GET /api/v1/pods?watch=true'));
    for await (const _ of body as AsyncIterable<unknown>) break;
    expect(text()).toMatch(/^apiserver_longrunning_requests\{.*\} 0$/m);
  });

  it('say how requests proved who asks, and what was decided', async () => {
    const { handle, text } = setUp();
    await handle(asAdmin('GET /api/v1/pods'));
    await handle(request('GET /api/v1/pods'));
    await handle(request('GET /api/v1/pods', { headers: { authorization: 'Bearer wrong' } }));
    expect(text()).toContain('authentication_attempts{result="success"} 2\n');
    expect(text()).toContain('authentication_attempts{result="failure"} 1\n');
    expect(text()).toContain('authenticated_user_requests{username="admin"} 1\n');
    expect(text()).toContain('authorization_attempts_total{result="allowed"} 1\n');
    expect(text()).toContain('authorization_attempts_total{result="no-opinion"} 1\n');
  });

  it('tell how long a request was in each filter, if it left it', async () => {
    const slow: Authorizer = {
      authorize(_user, { verb }) {
        clock.advance(200);
        return { allowed: verb === 'get' };
      },
    };
    const handler: PipelineHandler = (answered) => {
      clock.advance(5_000);
      return fine(answered);
    };
    const { clock, handle, text } = setUp({ authorizer: slow, handler });
    await handle(asAdmin('GET /api/v1/pods/a'));
    await handle(asAdmin('DELETE /api/v1/namespaces/default/pods/a'));
    const name = 'apiserver_request_filter_duration_seconds';
    expect(text()).toContain(`${name}_sum{filter="authorization"} 0.2\n`);
    expect(text()).toContain(`${name}_count{filter="authorization"} 1\n`);
    expect(text()).toContain(`${name}_sum{filter="authentication"} 0\n`);
    expect(text()).toContain(`${name}_count{filter="authentication"} 2\n`);
  });

  it('tell how long the certificates of clients are good for', async () => {
    const { handle, text } = setUp();
    const certificate = { ...admin, notAfterMs: 3_000_000 };
    await handle(request('GET /api/v1/pods', { peer: { certificate } }));
    const name = 'apiserver_client_certificate_expiration_seconds';
    expect(text()).toContain(`${name}_bucket{le="1800"} 0\n${name}_bucket{le="3600"} 1\n`);
  });
});
