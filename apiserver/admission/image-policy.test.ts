import { afterEach, describe, expect, it } from 'vitest';
import { JsonValue } from '../../platform/net/http.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realRandom } from '../../platform/node/random.ts';
import type { OutgoingHttp, OutgoingRequest } from '../../platform/net/outgoing-http.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { startApiServer } from '../server.ts';
import type { ImagePolicy } from './image-policy.ts';

const policy: ImagePolicy = {
  target: {
    url: 'https://images.example.com/policy',
    user: { headers: { authorization: 'Bearer t' } },
  },
  allowTtlMs: 60_000,
  denyTtlMs: 0,
  firstRetryMs: 0,
  defaultAllow: false,
};
const pod = (image: string, more: object = {}) => ({
  metadata: { name: 'p', annotations: { 'me.image-policy.k8s.io/ticket': '7', other: 'x' } },
  spec: { containers: [{ name: 'c', image }], ...more },
});

interface Asked {
  readonly request: OutgoingRequest;
  readonly spec: object;
}

describe('ImagePolicyWebhook', () => {
  let stop = (): Promise<unknown> => Promise.resolve();
  afterEach(() => stop());

  /** `answer`: the status of the review, a code of HTTP, or nobody there. */
  async function start(answer: object | number | Error, settings: Partial<ImagePolicy> = {}) {
    const asked: Asked[] = [];
    const outgoing: OutgoingHttp = {
      send(request) {
        const review = JSON.parse(Buffer.from(request.body!).toString()) as { spec: object };
        asked.push({ request, spec: review.spec });
        if (answer instanceof Error) return Promise.reject(answer);
        const status = typeof answer === 'number' ? answer : 200;
        const body = Buffer.from(JSON.stringify({ ...review, status: answer }));
        return Promise.resolve({ status, headers: {}, body });
      },
      close: () => Promise.resolve(),
    };
    const server = startApiServer({
      ...{ kv: new MemoryKv(), clock: realClock, random: realRandom, logger: silentLogger },
      outgoing,
      admissionPlugins: {
        enable: ['ImagePolicyWebhook'],
        disable: ['ServiceAccount'],
        configuration: { imagePolicy: { ...policy, ...settings } },
      },
    });
    stop = () => server.stop();
    await server.ready();
    const call = async (method: string, path: string, body: object) => {
      const got = await server.handler({
        ...{ method, path, query: new URLSearchParams(), body: new JsonValue(body) },
        headers: { 'content-type': 'application/json' },
        peer: {
          address: 'test',
          certificate: { commonName: 'a', organizations: ['system:masters'] },
        },
        signal: new AbortController().signal,
      });
      const value = got.body instanceof JsonValue ? got.body.value : undefined;
      return { code: got.status, ...(value as { message?: string; metadata: object }) };
    };
    await call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    const create = (body: object) => call('POST', '/api/v1/namespaces/n/pods', body);
    return { asked, create };
  }

  it('asks about the images of all containers, and once while the answer holds', async () => {
    const { asked, create } = await start({ allowed: true });
    const init = { initContainers: [{ name: 'i', image: 'b' }] };
    expect((await create(pod('a', init))).code).toBe(201);
    const other = pod('a', init);
    expect((await create({ ...other, metadata: { ...other.metadata, name: 'q' } })).code).toBe(201);
    expect(asked.map(({ spec }) => spec)).toEqual([
      {
        containers: [{ image: 'a' }, { image: 'b' }],
        annotations: { 'me.image-policy.k8s.io/ticket': '7' },
        namespace: 'n',
      },
    ]);
    const { url, headers } = asked[0]!.request;
    expect(url).toBe('https://images.example.com/policy');
    expect(headers).toMatchObject({ authorization: 'Bearer t' });
  });

  it.each([
    [{ allowed: false }, 'one or more images rejected by webhook backend'],
    [{}, 'one or more images rejected by webhook backend'],
    [
      { allowed: false, reason: 'unsigned' },
      'image policy webhook backend denied one or more images: unsigned',
    ],
  ])('refuses what is answered with %j', async (answer, detail) => {
    const { create, asked } = await start(answer);
    const refused = { code: 403, message: `pods "p" is forbidden: ${detail}` };
    expect(await create(pod('a'))).toMatchObject(refused);
    expect(await create(pod('a'))).toMatchObject(refused);
    expect(asked).toHaveLength(2);
  });

  it('refuses pods while the webhook fails, after it has asked five times', async () => {
    const { create, asked } = await start(500);
    expect((await create(pod('a'))).code).toBe(403);
    expect(asked).toHaveLength(5);
  });

  it('lets them in instead, and says so, if it is told to', async () => {
    const { create } = await start(new Error('refused'), { defaultAllow: true });
    const { code, metadata } = await create(pod('a'));
    expect(code).toBe(201);
    expect(metadata).toMatchObject({
      annotations: { 'alpha.image-policy.k8s.io/failed-open': 'true', other: 'x' },
    });
  });
});
