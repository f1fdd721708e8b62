import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JsonValue } from '../../platform/net/http.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realRandom } from '../../platform/node/random.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { startApiServer } from '../server.ts';

describe('NamespaceAutoProvision', () => {
  let server: ReturnType<typeof startApiServer>;
  beforeAll(async () => {
    const effects = { clock: realClock, random: realRandom, logger: silentLogger };
    const admissionPlugins = { enable: ['NamespaceAutoProvision'], disable: [] };
    server = startApiServer({ kv: new MemoryKv(), ...effects, admissionPlugins });
    await server.ready();
  });
  afterAll(() => server.stop());

  async function call(line: string, body?: object) {
    const [method = '', url = ''] = line.split(' ');
    const [path = '', search = ''] = url.split('?');
    const answer = await server.handler({
      ...{ method, path, query: new URLSearchParams(search) },
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: new JsonValue(body) }),
      peer: {
        address: 'test',
        certificate: { commonName: 'a', organizations: ['system:masters'] },
      },
      signal: new AbortController().signal,
    });
    const value = answer.body instanceof JsonValue ? answer.body.value : undefined;
    return { status: answer.status, message: (value as { message?: string })?.message };
  }
  const map = { metadata: { name: 'm' } };

  it('makes the namespace that something is created in', async () => {
    expect((await call('POST /api/v1/namespaces/new/configmaps', map)).status).toBe(201);
    expect((await call('GET /api/v1/namespaces/new')).status).toBe(200);
    const second = { metadata: { name: 'n' } };
    expect((await call('POST /api/v1/namespaces/new/configmaps', second)).status).toBe(201);
  });

  it('makes it once for many who come at the same time', async () => {
    const names = Array.from({ length: 10 }, (_, i) => ({ metadata: { name: `m${i}` } }));
    const answers = await Promise.all(
      names.map((each) => call('POST /api/v1/namespaces/crowded/configmaps', each)),
    );
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201));
  });

  it('makes none for a dry run or for what changes nothing', async () => {
    const dry = await call('POST /api/v1/namespaces/dry/configmaps?dryRun=All', map);
    expect(dry).toEqual({ status: 404, message: 'namespaces "dry" not found' });
    expect((await call('DELETE /api/v1/namespaces/dry/configmaps/m')).status).toBe(404);
    expect((await call('GET /api/v1/namespaces/dry')).status).toBe(404);
  });

  it('refuses what is in a namespace that cannot be', async () => {
    const { status, message } = await call('POST /api/v1/namespaces/Bad_Name/configmaps', map);
    expect(status).toBe(403);
    expect(message).toContain('configmaps "m" is forbidden: Namespace "Bad_Name" is invalid');
  });
});
