import { afterEach, expect, it } from 'vitest';
import { TOKEN_TRACKING } from '../../api/token-secrets.ts';
import { configMaps, pods, secrets, serviceAccounts } from '../../api/resources.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { realClock } from '../../platform/node/clock.ts';
import { eventually, startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { startControllers } from '../manager.ts';

const parts = new Lifecycle();
afterEach(() => parts.stop());

const DAY_MS = 86_400_000;
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';
const at = { namespace: 'default' };

it('unused tokens of accounts are marked, then deleted; those of pods stay', async () => {
  const { client } = await startEmbeddedApi(parts);
  const names = ['idle', 'invalid', 'mounted', 'by-hand'];
  const account = await client.create(serviceAccounts, {
    ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...at, name: 'a' } },
    secrets: names.slice(0, 3).map((name) => ({ name })),
  });
  for (const name of names)
    await client.create(secrets, {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token' },
      metadata: {
        ...{ ...at, name },
        annotations: {
          'kubernetes.io/service-account.name': 'a',
          'kubernetes.io/service-account.uid': account.metadata.uid!,
        },
        ...(name === 'invalid' ? { labels: { [INVALID_SINCE]: '2020-01-01' } } : {}),
      },
    });
  await client.create(pods, {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { ...at, name: 'p' } },
    spec: {
      containers: [{ name: 'c', image: 'i' }],
      volumes: [{ name: 'v', secret: { secretName: 'mounted' } }],
    },
  });
  const tracking = {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: TOKEN_TRACKING },
    data: { since: '2020-01-01' },
  };
  const held = await client.get(configMaps, TOKEN_TRACKING).catch(() => undefined);
  if (held === undefined) await client.create(configMaps, tracking);
  else await client.update(configMaps, { ...held, data: tracking.data });
  // Ten days later.
  const clock = { ...realClock, now: () => realClock.now() + 10 * DAY_MS };
  const controllers = ['legacy-serviceaccount-token-cleaner-controller'];
  const effects = { client, clock, random, logger, freeze: true };
  await parts.start(() =>
    startControllers({ ...effects, controllers, legacyTokenPeriodMs: 7 * DAY_MS }),
  );
  const left = await eventually(client, secrets, (items) => {
    const idle = items.find(({ metadata }) => metadata.name === 'idle');
    const isMarked = idle?.metadata.labels?.[INVALID_SINCE] !== undefined;
    return isMarked && !items.some(({ metadata }) => metadata.name === 'invalid');
  });
  const marks = left.map(({ metadata }) => [metadata.name, metadata.labels?.[INVALID_SINCE]]);
  const day = new Date(clock.now()).toISOString().slice(0, 10);
  const dayBefore = new Date(clock.now() - 60_000).toISOString().slice(0, 10);
  expect(Object.fromEntries(marks)).toEqual({
    idle: expect.toBeOneOf([day, dayBefore]) as string,
    mounted: undefined,
    'by-hand': undefined,
  });
});
