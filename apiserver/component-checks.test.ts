import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutgoingHttp } from '../platform/net/outgoing-http.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { MemoryKv } from '../test/model/memory-kv.ts';
import { TestApi } from '../test/support/api-core.ts';
import { componentAt, storeComponent } from './component-checks.ts';
import { kinds } from './registry/kinds/index.ts';

const clock = new FakeClock();

const answering = (send: OutgoingHttp['send']) =>
  componentAt('scheduler', {
    url: 'https://127.0.0.1:10259',
    http: { send, close: () => Promise.resolve() },
    clock,
  });

const says = (status: number, text: string) =>
  answering(() => Promise.resolve({ status, headers: {}, body: Buffer.from(text) }));

describe('a component', () => {
  it('is healthy if it says so', async () => {
    expect(await says(200, 'ok').check()).toEqual({ status: 'True', message: 'ok' });
  });

  it('is not if it says otherwise', async () => {
    expect(await says(500, 'no').check()).toEqual({
      status: 'False',
      message: 'HTTP probe failed with statuscode: 500',
    });
  });

  it('is not if nobody answers, in the words of Kubernetes', async () => {
    const refused = { code: 'ECONNREFUSED', address: '127.0.0.1', port: 10259 };
    const nobody = answering(() => Promise.reject(Object.assign(new Error('no'), refused)));
    expect(await nobody.check()).toEqual({
      status: 'False',
      message:
        'Get "https://127.0.0.1:10259/healthz": ' +
        'dial tcp 127.0.0.1:10259: connect: connection refused',
    });
  });
});

describe('componentstatuses', () => {
  let api: TestApi;

  beforeEach(() => {
    const kv = new MemoryKv();
    const components = [says(200, 'ok'), storeComponent({ kv, clock })];
    api = new TestApi(kinds, kv, { components });
  });
  afterEach(() => api.stop());

  it('are listed, each asked anew', async () => {
    const { body } = await api.call('GET', '/api/v1/componentstatuses');
    expect(body.items).toMatchObject([
      { metadata: { name: 'scheduler' }, conditions: [{ type: 'Healthy', status: 'True' }] },
      { metadata: { name: 'etcd-0' }, conditions: [{ status: 'True', message: 'ok' }] },
    ]);
  });

  it('are got by name, as a table too', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { body } = await api.call('GET', '/api/v1/componentstatuses/etcd-0', { accept });
    expect(body.rows).toMatchObject([{ cells: ['etcd-0', 'Healthy', 'ok', ''] }]);
    const missing = await api.call('GET', '/api/v1/componentstatuses/etcd-1');
    expect(missing.code).toBe(404);
  });
});
