import { afterEach, describe, expect, it } from 'vitest';
import { JsonValue } from '../../../platform/net/http.ts';
import type { OutgoingHttp } from '../../../platform/net/outgoing-http.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { realRandom } from '../../../platform/node/random.ts';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { FakeWebhooks, patched } from '../../../test/support/webhooks.ts';
import { startApiServer } from '../../server.ts';
import type { ApiServer } from '../../server-options.ts';
import { AuditLog, type LineSink } from './audit-log.ts';
import type { RequestInfo } from '../request-info.ts';
import { parseAuditPolicy } from '../../options/audit-policy.ts';
import { extentOf } from './policy.ts';

const policy = (rules: object[], more: object = {}) =>
  parseAuditPolicy(
    JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules, ...more }),
  );

interface Logged {
  readonly stage: string;
  readonly level: string;
  readonly verb: string;
  readonly user: { readonly username?: string };
  readonly [field: string]: unknown;
}

class Lines implements LineSink {
  readonly lines: string[] = [];
  write = (text: string): Promise<void> => {
    this.lines.push(...text.trimEnd().split('\n'));
    return Promise.resolve();
  };
  close = (): Promise<void> => Promise.resolve();
  get events(): Logged[] {
    return this.lines.map((line) => JSON.parse(line) as Logged);
  }
}

const running: ApiServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function start(rules: object[], more?: object, outgoing?: OutgoingHttp) {
  const sink = new Lines();
  const log = new AuditLog(sink, silentLogger);
  const effects = { clock: realClock, random: realRandom, logger: silentLogger };
  const audit = { policy: policy(rules, more), backends: [log] };
  const server = startApiServer({ kv: new MemoryKv(), ...effects, audit, outgoing });
  running.push(server);
  await server.ready();
  const certificate = { commonName: 'jane', organizations: ['system:masters'] };
  const call = async (
    line: string,
    options: {
      body?: object;
      bytes?: Uint8Array;
      as?: string;
      headers?: Record<string, string>;
      /** Shows no certificate. */
      stranger?: boolean;
      signal?: AbortSignal;
    } = {},
  ) => {
    const [method = '', url = ''] = line.split(' ');
    const [path = '', query = ''] = url.split('?');
    return server.handler({
      ...{ method, path, query: new URLSearchParams(query) },
      headers: {
        'content-type': 'application/json',
        'user-agent': 'test/1',
        ...(options.as === undefined ? {} : { 'impersonate-user': options.as }),
        ...options.headers,
      },
      ...(options.bytes === undefined ? {} : { body: options.bytes }),
      ...(options.body === undefined ? {} : { body: new JsonValue(options.body) }),
      peer: { address: '10.0.0.9:1234', ...(options.stranger ? {} : { certificate }) },
      signal: options.signal ?? new AbortController().signal,
    });
  };
  const events = async (of: string | undefined = 'jane') => {
    await log.stop();
    return sink.events.filter(({ user }) => (user.username ?? '') === of);
  };
  return { call, events };
}

const maps = '/api/v1/namespaces/default/configmaps';
const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { k: 'v' } };

describe('the audit log', () => {
  it('says who did what, how it was judged and how it ended', async () => {
    const { call, events } = await start([{ level: 'Metadata' }]);
    await call(`POST ${maps}`, { body: map });
    const [received, complete] = await events();
    expect(received).toMatchObject({ stage: 'RequestReceived', level: 'Metadata' });
    expect(received).not.toHaveProperty('responseStatus');
    expect(complete).toMatchObject({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      auditID: received!['auditID'],
      stage: 'ResponseComplete',
      requestURI: maps,
      verb: 'create',
      user: { username: 'jane', groups: ['system:masters', 'system:authenticated'] },
      sourceIPs: ['10.0.0.9'],
      userAgent: 'test/1',
      objectRef: { resource: 'configmaps', namespace: 'default', name: 'm', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      annotations: {
        'authorization.k8s.io/decision': 'allow',
        'authorization.k8s.io/reason': '',
      },
    });
    expect(complete).not.toHaveProperty('requestObject');
  });

  it('has bodies as far as the level says', async () => {
    const { call, events } = await start([
      {
        level: 'Request',
        verbs: ['create'],
        resources: [{ group: '', resources: ['configmaps'] }],
      },
      { level: 'RequestResponse', verbs: ['get'], omitManagedFields: true },
      { level: 'None' },
    ]);
    await call(`POST ${maps}`, { body: map });
    await call(`GET ${maps}/m`);
    await call(`DELETE ${maps}/m`);
    const complete = (await events()).filter(({ stage }) => stage === 'ResponseComplete');
    expect(complete.map(({ verb }) => verb)).toEqual(['create', 'get']);
    expect(complete[0]).toMatchObject({ requestObject: { data: { k: 'v' } } });
    expect(complete[0]).not.toHaveProperty('responseObject');
    expect(complete[1]).toMatchObject({ responseObject: { data: { k: 'v' } } });
    expect(JSON.stringify(complete[1])).not.toContain('managedFields');
  });

  it('leaves out stages, and tells of refusals and of those who are acted for', async () => {
    const { call, events } = await start([{ level: 'Metadata' }], {
      omitStages: ['RequestReceived'],
    });
    await call(`GET ${maps}/none`);
    await call(`GET ${maps}`, { as: 'joe' });
    const [missing, refused] = await events();
    expect(missing).toMatchObject({
      stage: 'ResponseComplete',
      responseStatus: { status: 'Failure', reason: 'NotFound', code: 404 },
    });
    expect(refused).toMatchObject({
      impersonatedUser: { username: 'joe', groups: ['system:authenticated'] },
      responseStatus: { reason: 'Forbidden', code: 403 },
      annotations: { 'authorization.k8s.io/decision': 'forbid' },
    });
  });

  it('shows the Status that a failure or a deletion is answered with', async () => {
    const { call, events } = await start([{ level: 'RequestResponse' }]);
    await call(`GET ${maps}/none`).catch(() => undefined);
    await call(`POST ${maps}`, { body: { metadata: { name: 'gone' } } });
    await call(`DELETE ${maps}/gone`);
    await call('GET /api/v1/nodes/none/proxy/x').catch(() => undefined);
    const [missing, , deleted, ...proxied] = (await events()).filter(
      ({ stage }) => stage !== 'RequestReceived',
    );
    const details = { name: 'none', kind: 'configmaps' };
    expect(missing).toMatchObject({
      responseStatus: { metadata: {}, status: 'Failure', code: 404, reason: 'NotFound', details },
      responseObject: { kind: 'Status', apiVersion: 'v1', code: 404, details },
    });
    expect(deleted).toMatchObject({
      responseStatus: { code: 200, status: 'Success', details: { name: 'gone' } },
    });
    // Of what may last: when its answer begins, and when it ends.
    expect(proxied.map(({ stage }) => stage)).toEqual(['ResponseStarted', 'ResponseComplete']);
  });

  it('believes no address that is none, and cuts agents that are too long', async () => {
    const { call, events } = await start([{ level: 'Metadata' }]);
    const headers = {
      'x-forwarded-for': '10.1.2.3, <script>, 10.0.0.9',
      'x-real-ip': '10.7.8.9',
      'user-agent': 'y'.repeat(2_000),
    };
    await call('GET /version', { headers });
    const event = (await events()).at(-1)!;
    expect(event['sourceIPs']).toEqual(['10.1.2.3', '10.0.0.9', '10.7.8.9', '10.0.0.9']);
    expect(event['userAgent']).toBe(`${'y'.repeat(1_024)}...TRUNCATED`);
  });

  it('tells of a watch when it starts and when it ends', async () => {
    const { call, events } = await start([{ level: 'RequestResponse' }]);
    const { body } = await call(`GET ${maps}?watch=true&timeoutSeconds=1`);
    for await (const _ of body as AsyncIterable<unknown>);
    const stages = (await events()).map(({ stage }) => stage);
    expect(stages).toEqual(['RequestReceived', 'ResponseStarted', 'ResponseComplete']);
  });

  it('says of a request that is refused as nobody’s what was asked, and not by whom', async () => {
    const { call, events } = await start([{ level: 'Metadata' }]);
    const path = '/api/v1/namespaces/default/secrets/x';
    const headers = { authorization: 'Bearer forged' };
    await call(`GET ${path}`, { headers, stranger: true }).catch(() => undefined);
    const [event, ...more] = await events('');
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      ...{ stage: 'ResponseStarted', level: 'Metadata', verb: 'get', requestURI: path },
      objectRef: { resource: 'secrets', namespace: 'default', name: 'x' },
      user: {},
      responseStatus: { code: 401, reason: 'Unauthorized', message: 'Unauthorized' },
    });
    expect(event!.user).toEqual({});
  });

  it('shows what was applied as YAML', async () => {
    const { call, events } = await start([
      { level: 'Request', resources: [{ group: '', resources: ['configmaps'] }] },
    ]);
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: b}\n';
    await call('PATCH /api/v1/namespaces/default/configmaps/m?fieldManager=me', {
      headers: { 'content-type': 'application/apply-patch+yaml' },
      bytes: Buffer.from(yaml),
    });
    const event = (await events()).at(-1)!;
    expect(event).toMatchObject({
      requestObject: { kind: 'ConfigMap', data: { a: 'b' } },
      objectRef: { name: 'm' },
    });
  });

  it('shows how a deletion was asked for, and what a token', async () => {
    const { call, events } = await start([{ level: 'Request', omitStages: ['RequestReceived'] }]);
    const headers = { 'content-type': 'application/yaml' };
    await call(`POST ${maps}`, { body: map });
    await call(`DELETE ${maps}/m`, { headers, bytes: Buffer.from('gracePeriodSeconds: 0\n') });
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await call(`POST ${accounts}`, { body: { metadata: { name: 'bot' } } });
    const request = 'kind: TokenRequest\napiVersion: authentication.k8s.io/v1\n';
    const bytes = Buffer.from(`${request}spec: {audiences: [a]}\n`);
    await call(`POST ${accounts}/bot/token`, { headers, bytes });
    const [, deleted, , token] = await events();
    expect(deleted!['requestObject']).toEqual({
      ...{ kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1' },
      gracePeriodSeconds: 0,
    });
    expect(token!['requestObject']).toMatchObject({
      kind: 'TokenRequest',
      spec: { audiences: ['a'] },
    });
  });

  it.each([
    ['Metadata', false],
    ['Request', true],
  ])('at level %s shows what a webhook changed: %s', async (level, shown) => {
    const webhooks = new FakeWebhooks();
    const place = 'webhook.admission.k8s.io/round_0_index_0';
    webhooks.hooks.set('a.w.io', () => patched({ value: '<b>', path: '/data/k', op: 'replace' }));
    const rules = [{ level, resources: [{ group: '', resources: ['configmaps'] }] }];
    const { call, events } = await start(rules, {}, webhooks);
    await call('POST /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
      body: {
        metadata: { name: 'c' },
        webhooks: [
          {
            ...{ name: 'a.w.io', sideEffects: 'None', admissionReviewVersions: ['v1'] },
            clientConfig: { url: 'https://a.w.io/' },
            rules: [
              {
                ...{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'] },
                resources: ['configmaps'],
              },
            ],
          },
        ],
      },
    });
    await call(`POST ${maps}`, { body: map });
    const { annotations } = (await events()).at(-1)! as { annotations?: Record<string, string> };
    expect(annotations).toMatchObject({
      [`mutation.${place}`]: '{"configuration":"c","webhook":"a.w.io","mutated":true}',
    });
    const patch =
      '{"configuration":"c","webhook":"a.w.io","patch":' +
      String.raw`[{"op":"replace","path":"/data/k","value":"\u003cb\u003e"}]` +
      ',"patchType":"JSONPatch"}';
    expect(annotations![`patch.${place}`]).toBe(shown ? patch : undefined);
  });

  it('never keeps a request waiting for a sink that blocks, and says what was lost', async () => {
    let free = (): void => {};
    const blocked = new Promise<void>((resolve) => (free = resolve));
    const written: string[] = [];
    const sink: LineSink = {
      write: async (text) => {
        await blocked;
        written.push(text);
      },
      close: () => Promise.resolve(),
    };
    const log = new AuditLog(sink, silentLogger);
    const add = (n: number) => log.add({ auditID: '' }, JSON.stringify({ n }));
    void add(-1);
    await new Promise((resolve) => setImmediate(resolve));
    for (let n = 0; n < 10_500; n++) void add(n);
    expect(log.lost).toBe(500);
    free();
    await log.stop();
    expect(written.join('').split('\n')).toHaveLength(1 + 10_000 + 1);
  });

  it('holds 64 MiB for a sink that blocks, and counts what a sink that fails has lost', async () => {
    const ends: ((error?: Error) => void)[] = [];
    const sink: LineSink = {
      write: () =>
        new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve()))),
      close: () => Promise.resolve(),
    };
    const log = new AuditLog(sink, silentLogger);
    const large = 'x'.repeat(20 * 2 ** 20);
    for (let n = 0; n < 5; n++) void log.add({ auditID: '' }, large);
    expect(log.lost).toBe(2);
    await new Promise((resolve) => setImmediate(resolve));
    ends.shift()!(new Error('disk full'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.lost).toBe(5);
    void log.add({ auditID: '' }, large);
    expect(log.lost).toBe(5);
    await new Promise((resolve) => setImmediate(resolve));
    ends.shift()!();
    await log.stop();
  });
});

it('refuses a request that could not be told of where it had to be', async () => {
  const refusing = {
    ...{ plugin: 'webhook' as const, lost: 0, stop: () => Promise.resolve() },
    add: () => Promise.resolve(false),
  };
  const audit = { policy: policy([{ level: 'Metadata' }]), backends: [refusing] };
  const effects = { clock: realClock, random: realRandom, logger: silentLogger };
  const server = startApiServer({ kv: new MemoryKv(), ...effects, audit });
  running.push(server);
  const answer = await server.handler({
    ...{ method: 'GET', path: '/version', query: new URLSearchParams(), headers: {} },
    ...{ peer: { address: '10.0.0.9:1234' }, signal: new AbortController().signal },
  });
  expect(answer.status).toBe(500);
  const { message } = (answer.body as JsonValue).value as { message: string };
  expect(message).toBe('Internal Server Error: "/version": failed to store audit event');
});

describe('an audit policy', () => {
  const jane = { name: 'jane', groups: ['devs'] };
  const pods = {
    type: 'resource',
    ...{ verb: 'get', group: '', version: 'v1', resource: 'pods' },
    ...{ subresource: '', namespace: 'a', name: 'web', tail: '' },
  } as RequestInfo;
  const log = { ...pods, subresource: 'log' } as RequestInfo;
  const path = { type: 'path', verb: 'get', path: '/healthz/ping' } as RequestInfo;

  it.each([
    [{ users: ['jane'] }, pods, true],
    [{ users: ['joe'] }, pods, false],
    [{ userGroups: ['devs', 'ops'] }, pods, true],
    [{ userGroups: ['ops'] }, pods, false],
    [{ verbs: ['list'] }, pods, false],
    [{ namespaces: ['a'] }, pods, true],
    [{ namespaces: [''] }, pods, false],
    [{ resources: [{ group: '' }] }, pods, true],
    [{ resources: [{ group: 'apps' }] }, pods, false],
    [{ resources: [{ group: '', resources: ['pods'] }] }, pods, true],
    [{ resources: [{ group: '', resources: ['pods'] }] }, log, false],
    [{ resources: [{ group: '', resources: ['pods/*'] }] }, log, true],
    [{ resources: [{ group: '', resources: ['pods/*'] }] }, { ...log, subresource: '' }, true],
    [{ resources: [{ group: '', resources: ['*/log'] }] }, log, true],
    [{ resources: [{ group: '', resources: ['pods'], resourceNames: ['x'] }] }, pods, false],
    [{ resources: [{ group: '' }] }, path, false],
    [{ nonResourceURLs: ['/healthz*'] }, path, true],
    [{ nonResourceURLs: ['/healthz'] }, path, false],
    [{ nonResourceURLs: ['/healthz*'] }, pods, false],
    [{}, path, true],
  ])('%j', (rule, info, matches) => {
    const { level } = extentOf(policy([{ level: 'Metadata', ...rule }]), jane, info);
    expect(level).toBe(matches ? 'Metadata' : 'None');
  });
});
