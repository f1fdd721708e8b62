/** One id, from a client through the API server's log and audit log to the store's log. */
import { afterEach, expect, it } from 'vitest';
import { startApiServer } from '../../apiserver/server.ts';
import type { ApiServer } from '../../apiserver/server-options.ts';
import { AuditLog } from '../../apiserver/pipeline/audit/audit-log.ts';
import { parseAuditPolicy } from '../../apiserver/options/audit-policy.ts';
import { JsonValue } from '../../platform/net/http.ts';
import type { Logger } from '../../platform/logger.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realCrypto } from '../../platform/node/crypto/crypto.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realGunzip } from '../../platform/node/gunzip.ts';
import { processUsage } from '../../platform/node/process-usage.ts';
import { realRandom } from '../../platform/node/random.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { sniffingServer } from '../../platform/node/net/sniffing-server.ts';
import { traceScope } from '../../platform/node/trace-scope.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { OutgoingHttp, OutgoingRequest } from '../../platform/net/outgoing-http.ts';
import { connectEtcd } from '../../store/client/connect.ts';
import { MemoryStorage } from '../../store/engine/memory.ts';
import { serveStore } from '../../store/grpc/server.ts';
import { startMember } from '../../store/server/member.ts';
import { tracedKv } from '../../store/server/traced-kv.ts';
import { eventually } from './harness.ts';

const running: Running[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

type Line = Readonly<Record<string, unknown>>;

function recorded(): { readonly lines: Line[]; readonly logger: Logger } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, ...fields, message });
  const logger: Logger = {
    ...{ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    child: () => logger,
  };
  return { lines, logger };
}

interface Setup {
  /** Requests are followed unasked. */
  readonly every: boolean;
  /** Answers the API server's webhooks. */
  readonly outgoing?: OutgoingHttp;
  /** The store is in the same process. */
  readonly direct?: boolean;
}

async function start({ every, direct = false, outgoing }: Setup) {
  const effects = { clock: realClock, random: realRandom };
  const store = recorded();
  const member = await startMember({
    ...{ ...effects, disk: realDisk, logger: silentLogger, sha1, crypto: realCrypto },
    ...{ dataDir: '/unused', engine: new MemoryStorage().open },
  });
  running.push(member);
  const serving = await serveStore({
    ...{ member, clock: realClock, logger: store.logger, listen: sniffingServer },
    ...{ usage: processUsage, gunzip: realGunzip, host: '127.0.0.1', port: 0 },
  });
  running.push(serving);
  const trace = traceScope({ every });
  const remote = () =>
    connectEtcd({ endpoints: [serving.url], ...effects, logger: silentLogger, trace });
  const kv = direct ? tracedKv(member, trace, store.logger) : remote();
  if (!direct) running.push({ stop: () => kv.close() });
  const api = recorded();
  const audited: string[] = [];
  const sink = {
    write: (lines: string) => Promise.resolve(void audited.push(...lines.trimEnd().split('\n'))),
    close: () => Promise.resolve(),
  };
  const policy = parseAuditPolicy(
    JSON.stringify({
      ...{ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata' }] },
    }),
  );
  const log = new AuditLog(sink, silentLogger);
  const server: ApiServer = startApiServer({
    ...{ kv, ...effects, logger: api.logger, trace, outgoing },
    audit: { policy, backends: [log] },
  });
  running.push(server);
  await server.ready();
  const post = (path: string, object: object, headers: Readonly<Record<string, string>>) =>
    server.handler({
      ...{ method: 'POST', path },
      query: new URLSearchParams(),
      headers: { 'content-type': 'application/json', ...headers },
      body: new JsonValue(object),
      peer: {
        address: 'test',
        certificate: { commonName: 'jane', organizations: ['system:masters'] },
      },
      signal: new AbortController().signal,
    });
  const create = async (name: string, sent: Readonly<Record<string, string>>) => {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
    const { headers } = await post('/api/v1/namespaces/default/configmaps', configMap, sent);
    return headers['audit-id'];
  };
  return {
    ...{ post, create },
    api: api.lines,
    store: store.lines,
    audit: () => log.stop().then(() => audited),
  };
}

it('follows a request by its id through every log', async () => {
  const { create, api, store, audit } = await start({ every: true });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const ids = [
    await create('a', { 'x-request-id': 'mine-1' }),
    await create('b', { traceparent: `00-${traceId}-b7ad6b7169203331-01` }),
    await create('c', { 'audit-id': 'kept', 'x-request-id': 'not this one' }),
    await create('d', { traceparent: 'not a trace' }),
  ];
  expect(ids.slice(0, 3)).toEqual(['mine-1', traceId, 'kept']);
  expect(ids[3]).toMatch(/^[0-9a-f-]{36}$/);
  const audited = await audit();
  for (const id of ids) {
    expect(api).toContainEqual(
      expect.objectContaining({ requestId: id, method: 'POST', status: 201, message: 'answered' }),
    );
    expect(store).toContainEqual(
      expect.objectContaining({ requestId: id, method: '/etcdserverpb.KV/Txn' }),
    );
    expect(audited.filter((line) => line.includes(`"auditID":"${id}"`))).toHaveLength(2);
  }
});

it.each([{ direct: false }, { direct: true }])(
  'shows at level info the requests of who asks for it, as OpenTelemetry does (%o)',
  async ({ direct }) => {
    const { create, api, store } = await start({ every: false, direct });
    const sampled = '4bf92f3577b34da6a3ce929d0e0e4736';
    const unasked = '0af7651916cd43dd8448eb211c80319c';
    const id = await create('a', { traceparent: `00-${sampled}-00f067aa0ba902b7-01` });
    await create('b', { traceparent: `00-${unasked}-00f067aa0ba902b7-00` });
    await create('c', { 'x-request-id': 'mine' });
    expect(id).toBe(sampled);
    const of = (lines: readonly Line[]) => lines.filter((line) => line['requestId'] !== undefined);
    // One that took long for other reasons is shown, too.
    expect(of(api).filter(({ message }) => message === 'answered')).toEqual([
      expect.objectContaining({ level: 'info', requestId: id, traceId: sampled, status: 201 }),
    ]);
    const calls = of(store);
    expect(calls.map(({ method }) => method)).toContain('/etcdserverpb.KV/Txn');
    for (const call of calls)
      expect(call).toMatchObject({ level: 'info', requestId: id, traceId: sampled });
  },
);

it('tells webhooks the trace of who asks for it, and of nobody else', async () => {
  const asked: OutgoingRequest[] = [];
  const outgoing: OutgoingHttp = {
    send(request) {
      asked.push(request);
      const { uid } = (JSON.parse(String(request.body)) as { request: { uid: string } }).request;
      const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
      const body = Buffer.from(JSON.stringify({ ...review, response: { uid, allowed: true } }));
      return Promise.resolve({ status: 200, headers: {}, body });
    },
    close: () => Promise.resolve(),
  };
  const { post, create } = await start({ every: true, outgoing });
  const rule = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };
  const webhook = {
    ...{ name: 'hook.example.com', clientConfig: { url: 'https://hook.example.com/' } },
    ...{ rules: [{ ...rule, operations: ['CREATE'] }], sideEffects: 'None' },
    admissionReviewVersions: ['v1'],
  };
  const group = 'admissionregistration.k8s.io/v1';
  const kind = 'ValidatingWebhookConfiguration';
  const configuration = { apiVersion: group, kind, metadata: { name: 'hook' } };
  const path = `/apis/${group}/validatingwebhookconfigurations`;
  expect(await post(path, { ...configuration, webhooks: [webhook] }, {})).toMatchObject({
    status: 201,
  });
  let tries = 0;
  await eventually('the webhook is asked', async () => {
    await create(`try-${tries++}`, {});
    return asked.length > 0;
  });
  asked.length = 0;
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await create('followed', { traceparent });
  await create('not-followed', { traceparent: traceparent.replace(/01$/, '00') });
  expect(asked.map(({ headers }) => headers?.['traceparent'])).toEqual([traceparent, undefined]);
});
