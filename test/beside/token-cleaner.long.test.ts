/** What becomes of tokens in Secrets that nobody uses, by us and by kube-controller-manager. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { configMaps, pods, secrets, serviceAccounts } from '../../api/resources.ts';
import { LAST_USED, INVALID_SINCE, TOKEN_TRACKING } from '../../api/token-secrets.ts';
import { startControllerManager } from '../../bench/kubernetes.ts';
import type { RestClient } from '../../client/rest.ts';
import { startCluster } from '../../cluster/start-cluster.ts';
import { startControllers } from '../../controllers/manager.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { temporaryFolder } from '../../platform/node/files/temporary-folder.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { eventually, tool } from '../e2e/harness.ts';

let parts: Lifecycle;
afterEach(() => parts.stop());

type Labels = Readonly<Record<string, string>>;

const at = { namespace: 'default' };
const OLD = '2020-01-01';
/** By the names of Secrets: their labels. Those of "by-hand" no account names. */
const tokens: Readonly<Record<string, Labels>> = {
  idle: {},
  'used-once': { [LAST_USED]: OLD },
  'used-oddly': { [LAST_USED]: 'once' },
  invalid: { [INVALID_SINCE]: OLD },
  'invalid-oddly': { [INVALID_SINCE]: 'once' },
  'invalid-mounted': { [INVALID_SINCE]: OLD },
  'by-hand': { [INVALID_SINCE]: OLD },
};

async function prepare(client: RestClient, ca: string): Promise<void> {
  const held = await eventually('the ConfigMap', () => client.get(configMaps, TOKEN_TRACKING));
  await client.update(configMaps, { ...held, data: { since: OLD } });
  const { metadata } = await client.create(serviceAccounts, {
    ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...at, name: 'robot' } },
    secrets: Object.keys(tokens).flatMap((name) => (name === 'by-hand' ? [] : [{ name }])),
  });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  // As it is to be: nobody else has to change it.
  const data = { 'ca.crt': base64(ca), namespace: base64('default'), token: base64('x') };
  for (const [name, labels] of Object.entries(tokens))
    await client.create(secrets, {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token', data },
      metadata: {
        ...{ ...at, name, labels },
        annotations: {
          'kubernetes.io/service-account.name': 'robot',
          'kubernetes.io/service-account.uid': metadata.uid!,
        },
      },
    });
  await client.create(pods, {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { ...at, name: 'p' } },
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: 'c', image: 'i' }],
      imagePullSecrets: [{ name: 'invalid-mounted' }],
    },
  });
  const made = Date.now();
  // Times of objects are whole seconds, and the period is one.
  await eventually('three seconds', () => Promise.resolve(Date.now() > made + 3_000));
}

/** Labels that are left, once what is to be marked or to go is so. */
async function outcome(sort: 'ours' | 'theirs'): Promise<Readonly<Record<string, Labels>>> {
  parts = new Lifecycle();
  const folder = await temporaryFolder('wherry-tokens-');
  await parts.start(() => ({ stop: () => folder.remove() }));
  const dataDir = join(folder.path, 'data');
  const cluster = await parts.start(() =>
    startCluster({ dataDir, nodes: 0, without: ['controllers'] }),
  );
  const { client } = cluster;
  // Pods need an account, which a controller makes.
  const metadata = { ...at, name: 'default' };
  await client.create(serviceAccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  const ca = await readFile(join(dataDir, 'pki', 'ca.crt'), 'utf8');
  await prepare(client, ca);
  await parts.start(async () =>
    sort === 'theirs'
      ? startControllerManager(dataDir, ['--legacy-service-account-token-clean-up-period=1s'])
      : startControllers({ client, clock, random, logger, legacyTokenPeriodMs: 1_000, rootCa: ca }),
  );
  return eventually('the cleaner', async () => {
    const { items } = await client.list(secrets, at);
    const labels: Readonly<Record<string, Labels>> = Object.fromEntries(
      items.map(({ metadata: { name = '', labels: held = {} } }) => [name, held]),
    );
    const isMarked = (name: string): boolean =>
      (labels[name]?.[INVALID_SINCE] ?? 'once') !== 'once';
    const isDone = ['idle', 'used-once', 'invalid-oddly'].every(isMarked) && !labels['invalid'];
    return isDone && labels;
  });
}

describe.skipIf(tool('kube-controller-manager') === undefined)('beside Kubernetes', () => {
  it('unused tokens go as kube-controller-manager lets them go', async () => {
    const theirs = await outcome('theirs');
    await parts.stop();
    const ours = await outcome('ours');
    const same = (left: object): string =>
      JSON.stringify(left, (_key, value: unknown) =>
        typeof value === 'string' && /^202\d-/.test(value) && value !== OLD ? 'today' : value,
      );
    expect(JSON.parse(same(ours))).toEqual(JSON.parse(same(theirs)));
  }, 180_000);
});
