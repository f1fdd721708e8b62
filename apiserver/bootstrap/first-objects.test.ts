import { afterEach, expect, it, vi } from 'vitest';
import type { ConfigMap } from '../../api/types/core-v1.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realRandom } from '../../platform/node/random.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeWebhooks } from '../../test/support/webhooks.ts';
import { startApiServer } from '../server.ts';
import type { ApiServer } from '../server-options.ts';
import { SelfClient } from './self-client.ts';

const running: ApiServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

const hooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const told = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';

async function start(kv: MemoryKv, clientCa: string): Promise<SelfClient> {
  const server = startApiServer({
    kv,
    ...{ clock: realClock, random: realRandom, logger: silentLogger },
    outgoing: new FakeWebhooks(),
    clientAuthentication: {
      clientCa,
      frontProxy: {
        ca: clientCa,
        ...{ allowedNames: [], usernameHeaders: [], uidHeaders: [] },
        ...{ groupHeaders: [], extraPrefixes: [] },
      },
    },
  });
  running.push(server);
  await server.ready();
  return new SelfClient((request) => server.handler(request), new AbortController().signal);
}

const authorities = async (client: SelfClient): Promise<string | undefined> =>
  ((await client.get(told)) as ConfigMap).data?.['client-ca-file'];

it('a server is ready beside a webhook that refuses everything, and tells of itself later', async () => {
  const kv = new MemoryKv();
  const first = await start(kv, 'one\n');
  expect(await authorities(first)).toBe('one\n');
  const rule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] };
  const entry = new FakeWebhooks().entry('nobody.x.io', undefined, { rules: [rule] });
  await first.create(hooks, { metadata: { name: 'broken' }, webhooks: [entry] });
  await running.pop()!.stop();

  const second = await start(kv, 'two\n');
  expect(await authorities(second)).toBe('one\n');
  await second.delete(`${hooks}/broken`);
  await vi.waitFor(async () => expect(await authorities(second)).toBe('one\ntwo\n'), 10_000);
});
