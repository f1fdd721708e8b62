import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Toleration } from '../../api/types/core-v1.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { TestApi } from '../../test/support/api-core.ts';
import { kinds } from '../registry/kinds/index.ts';
import { plugins } from './plugins.ts';

const gpu: Toleration = { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' };
const spot: Toleration = { key: 'spot', operator: 'Equal', value: 'yes', effect: 'NoSchedule' };
const pressure = 'node.kubernetes.io/memory-pressure';

const disable = ['ServiceAccount', 'DefaultTolerationSeconds'];
const enable = ['PodTolerationRestriction', 'PodNodeSelector'];
const configuration = {
  tolerations: { default: [gpu], whitelist: [] },
  nodeSelectors: {
    clusterDefault: 'zone=a',
    byNamespace: new Map([['strict', 'zone=b,disk=ssd']]),
  },
};
let api: TestApi;

const annotation = (name: string, value: unknown) => ({
  [`scheduler.alpha.kubernetes.io/${name}`]: value === '' ? '' : JSON.stringify(value),
});

beforeAll(async () => {
  const admission = plugins({ enable, disable, configuration });
  api = new TestApi(kinds, new MemoryKv(), { admission });
  const namespaces = {
    plain: {},
    spotty: annotation('defaultTolerations', [spot]),
    none: annotation('defaultTolerations', ''),
    limited: annotation('tolerationsWhitelist', [gpu, { key: pressure, operator: 'Exists' }]),
    broken: annotation('tolerationsWhitelist', 'x'),
    strict: { 'scheduler.alpha.kubernetes.io/node-selector': 'zone=b' },
  };
  for (const [name, annotations] of Object.entries(namespaces))
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name, annotations } } });
});
afterAll(() => api.stop());

async function pod(namespace: string, spec: object = {}) {
  const containers = [{ name: 'a', image: 'i' }];
  const body = { metadata: { name: 'x' }, spec: { containers, ...spec } };
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  const answer = await api.call('POST', path, { body });
  return { ...answer, tolerations: answer.body.spec?.['tolerations'] };
}

describe('PodTolerationRestriction', () => {
  it('gives pods what their namespace says, or else the cluster', async () => {
    expect((await pod('plain')).tolerations).toEqual([gpu]);
    expect((await pod('spotty')).tolerations).toEqual([spot]);
    expect((await pod('none')).tolerations).toEqual(undefined);
    const own = { key: 'own', operator: 'Exists' };
    expect((await pod('spotty', { tolerations: [own] })).tolerations).toEqual([own, spot]);
  });

  it('lets pods that ask for something stay where memory is short', async () => {
    const resources = { requests: { cpu: '1' } };
    const containers = [{ name: 'a', image: 'i', resources }];
    expect((await pod('none', { containers })).tolerations).toEqual([
      { key: pressure, operator: 'Exists', effect: 'NoSchedule' },
    ]);
  });

  it('refuses what a namespace does not allow', async () => {
    expect((await pod('limited')).code).toBe(201);
    const refused = await pod('limited', { tolerations: [spot] });
    expect(refused.code).toBe(500);
    expect(refused.body.message).toBe(
      'pod tolerations (possibly merged with namespace default tolerations) conflict with its ' +
        'namespace whitelist',
    );
    expect((await pod('broken')).code).toBe(500);
  });
});

describe('PodNodeSelector with a configuration', () => {
  it('gives pods the default of the cluster where their namespace says nothing', async () => {
    expect((await pod('plain')).body.spec['nodeSelector']).toEqual({ zone: 'a' });
    expect((await pod('strict')).body.spec['nodeSelector']).toEqual({ zone: 'b' });
  });

  it('refuses labels that are not listed for the namespace', async () => {
    expect((await pod('strict', { nodeSelector: { disk: 'ssd' } })).code).toBe(201);
    const refused = await pod('strict', { nodeSelector: { disk: 'hdd' } });
    expect(refused.code).toBe(403);
    expect(refused.body.message).toBe(
      'pods "x" is forbidden: pod node label selector labels conflict with its namespace whitelist',
    );
  });
});
