import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Container, LimitRangeItem } from '../../../api/types/core-v1.ts';
import { TestApi } from '../../../test/support/api-core.ts';
import { kinds } from '../../registry/kinds/index.ts';

let namespaces = 0;
let at: string;
const api = new TestApi(kinds);
beforeEach(async () => {
  const name = `n${namespaces++}`;
  at = `/api/v1/namespaces/${name}`;
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
});
afterAll(() => api.stop());

async function limit(...limits: LimitRangeItem[]): Promise<void> {
  const body = { metadata: { name: 'limits' }, spec: { limits } };
  const answer = await api.call('POST', `${at}/limitranges`, { body });
  expect(answer.code).toBe(201);
}

interface PodSent {
  readonly containers: Container[];
  readonly initContainers?: Container[];
}

const create = (spec: PodSent) => {
  const image = <T extends Container>(each: T) => ({ image: 'i', ...each });
  const { containers, initContainers = [] } = spec;
  const body = {
    metadata: { name: 'x' },
    spec: { containers: containers.map(image), initContainers: initContainers.map(image) },
  };
  return api.call('POST', `${at}/pods`, { body });
};

const asking = (
  requests: Record<string, string>,
  limits: Record<string, string> = {},
  name = 'a',
) => ({ name, resources: { requests, limits } });

const container = (item: Omit<LimitRangeItem, 'type'>) => ({ type: 'Container', ...item });

describe('a limit range', () => {
  it('says what containers ask for that say nothing', async () => {
    await limit(
      container({ default: { cpu: '500m', memory: '1Gi' }, defaultRequest: { cpu: 0.1 } }),
    );
    const { body } = await create({
      containers: [{ name: 'a' }, asking({ memory: '2Gi' }, { memory: '3Gi' }, 'b')],
      initContainers: [{ name: 'i' }],
    });
    const standard = {
      limits: { cpu: '500m', memory: '1Gi' },
      requests: { cpu: '100m', memory: '1Gi' },
    };
    expect(body.spec).toMatchObject({
      containers: [
        { resources: standard },
        {
          resources: {
            limits: { cpu: '500m', memory: '3Gi' },
            requests: { cpu: '100m', memory: '2Gi' },
          },
        },
      ],
      initContainers: [{ resources: standard }],
    });
    expect(body.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu, memory request for container a; ' +
        'cpu, memory limit for container a; cpu request for container b; ' +
        'cpu limit for container b; cpu, memory request for init container i; ' +
        'cpu, memory limit for init container i',
    });
  });

  it.each<[string, LimitRangeItem, Container[], string]>([
    [
      'a limit above the maximum',
      container({ max: { cpu: '500m' } }),
      [asking({ cpu: '100m' }, { cpu: '1' })],
      'maximum cpu usage per Container is 500m, but limit is 1',
    ],
    [
      'a request below the minimum',
      container({ min: { memory: '100Mi' } }),
      [asking({ memory: '99Mi' })],
      'minimum memory usage per Container is 100Mi, but request is 99Mi',
    ],
    [
      'a limit below the minimum',
      container({ min: { memory: '100Mi' }, max: { memory: '1Gi' } }),
      [asking({ memory: '100Mi' }, { memory: '100Mi' }), asking({ memory: '1' }, {}, 'b')],
      'minimum memory usage per Container is 100Mi, but request is 1',
    ],
    [
      'a ratio above the largest',
      container({ maxLimitRequestRatio: { cpu: '2' } }),
      [asking({ cpu: '100m' }, { cpu: '250m' })],
      'cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000',
    ],
    [
      'a ratio of nothing',
      container({ maxLimitRequestRatio: { cpu: '2' } }),
      [asking({ cpu: '100m' })],
      'cpu max limit to request ratio per Container is 2, ' +
        'but no limit is specified or limit is 0',
    ],
    [
      'a ratio to nothing',
      container({ maxLimitRequestRatio: { cpu: '2' } }),
      [{ name: 'a' }],
      'cpu max limit to request ratio per Container is 2, ' +
        'but no request is specified or request is 0',
    ],
    [
      'a sum above the maximum',
      { type: 'Pod', max: { cpu: '1' } },
      [asking({}, { cpu: '600m' }), asking({}, { cpu: '600m' }, 'b')],
      'maximum cpu usage per Pod is 1, but limit is 1200m',
    ],
    [
      'a sum that nobody names',
      { type: 'Pod', max: { cpu: '1' }, min: { memory: '1Gi' } },
      [{ name: 'a' }],
      '[minimum memory usage per Pod is 1Gi.  No request is specified, ' +
        'maximum cpu usage per Pod is 1.  No limit is specified]',
    ],
  ])('refuses %s', async (...[, item, containers, detail]) => {
    await limit(item);
    const { code, body } = await create({ containers });
    expect([code, body.message]).toEqual([403, `pods "x" is forbidden: ${detail}`]);
  });

  it('takes what is within its bounds', async () => {
    await limit(
      container({
        max: { cpu: '1' },
        min: { cpu: '100m' },
        maxLimitRequestRatio: { cpu: '2' },
      }),
      { type: 'Pod', max: { cpu: '2' } },
    );
    const containers = [asking({ cpu: '500m' }, { cpu: '1' })];
    expect((await create({ containers })).code).toBe(201);
  });

  it('counts at once, and no longer once it is deleted', async () => {
    await limit(container({ max: { cpu: '1' }, min: { cpu: '1' } }));
    expect((await create({ containers: [asking({ cpu: '2' }, { cpu: '2' })] })).code).toBe(403);
    await api.call('DELETE', `${at}/limitranges/limits`);
    expect((await create({ containers: [asking({ cpu: '2' }, { cpu: '2' })] })).code).toBe(201);
  });

  it.each([
    ['5Gi', 'maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi'],
    ['1Mi', 'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi'],
  ])('bounds claims: %s', async (storage, detail) => {
    await limit({
      type: 'PersistentVolumeClaim',
      max: { storage: '2Gi' },
      min: { storage: '1Gi' },
    });
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } };
    const claims = `${at}/persistentvolumeclaims`;
    const { code, body } = await api.call('POST', claims, {
      body: { metadata: { name: 'c' }, spec },
    });
    const expected = `persistentvolumeclaims "c" is forbidden: ${detail}`;
    expect([code, body.message]).toEqual([403, expected]);
  });

  it('says nothing about changes of a pod', async () => {
    await create({ containers: [asking({ cpu: '2' }, { cpu: '2' })] });
    await limit(container({ max: { cpu: '1' } }));
    const patch = {
      type: 'application/merge-patch+json',
      body: { metadata: { labels: { a: 'b' } } },
    };
    expect((await api.call('PATCH', `${at}/pods/x`, patch)).code).toBe(200);
  });

  it('bounds the resize of a pod', async () => {
    await create({ containers: [asking({ cpu: '1' }, { cpu: '2' })] });
    await limit(container({ max: { cpu: '3' } }));
    const resize = (cpu: string) =>
      api.call('PATCH', `${at}/pods/x/resize`, {
        type: 'application/strategic-merge-patch+json',
        body: { spec: { containers: [{ name: 'a', resources: { limits: { cpu } } }] } },
      });
    expect((await resize('4')).body.message).toBe(
      'pods "x" is forbidden: maximum cpu usage per Container is 3, but limit is 4',
    );
    expect((await resize('3')).code).toBe(200);
  });
});
