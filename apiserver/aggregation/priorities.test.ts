import { expect, it, vi } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { startFlaggedApi, testFolder } from '../../test/support/flagged-api.ts';
import { clientCertificate, newCa } from '../../test/support/https-server.ts';

const SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const admin = { certificate: { commonName: 'admin', organizations: ['system:masters'] } };

interface Group {
  readonly name: string;
  readonly versions: readonly { readonly version: string }[];
}

it('discovery has groups and versions in the order that APIServices tell', async () => {
  const parts = new Lifecycle();
  const file = await testFolder(parts);
  const { certificate, privateKey } = clientCertificate(newCa('proxies'), 'front');
  const api = await startFlaggedApi(parts, [
    '--authorization-mode=AlwaysAllow',
    `--proxy-client-cert-file=${await file('proxy.crt', certificate)}`,
    `--proxy-client-key-file=${await file('proxy.key', privateKey)}`,
  ]);
  const register = async (version: string, groupPriorityMinimum: number, priority: number) => {
    const body = {
      metadata: { name: `${version}.x.io` },
      spec: {
        ...{ group: 'x.io', version, groupPriorityMinimum, versionPriority: priority },
        ...{ insecureSkipTLSVerify: true, service: { namespace: 'default', name: 'gone' } },
      },
    };
    expect((await api.call(`POST ${SERVICES}`, { peer: admin, body })).code).toBe(201);
  };
  const groups = async (accept: string): Promise<Group[]> => {
    const { body } = await api.call('GET /apis', { peer: admin, headers: { accept } });
    const told = (typeof body === 'string' ? JSON.parse(body) : body) as {
      readonly groups?: Group[];
      readonly items?: (Group & { readonly metadata: { readonly name: string } })[];
    };
    return told.groups ?? told.items!.map((item) => ({ ...item, ...item.metadata }));
  };
  /** In both forms of discovery, the place of the group among the others, and its versions. */
  const until = (place: 'first' | 'last', expected: string[]) =>
    vi.waitFor(async () => {
      for (const accept of ['application/json', AGGREGATED]) {
        const all = await groups(accept);
        expect(all[0]!.name).toBe('apiregistration.k8s.io');
        const { name, versions } = all.at(place === 'first' ? 1 : -1)!;
        expect([name, ...versions.map(({ version }) => version)]).toEqual(['x.io', ...expected]);
      }
    }, 10_000);

  await register('v1', 1, 2);
  await until('last', ['v1']);
  await register('v1alpha1', 1, 1);
  await register('v1alpha2', 1, 3);
  await until('last', ['v1alpha2', 'v1', 'v1alpha1']);
  // One high number is enough, though behind what serves APIServices.
  await register('v2', 20_000, 2);
  await until('first', ['v1alpha2', 'v2', 'v1', 'v1alpha1']);
  const headers = { 'content-type': 'application/merge-patch+json' };
  const body = { spec: { versionPriority: 4 } };
  await api.call(`PATCH ${SERVICES}/v1.x.io`, { peer: admin, headers, body });
  await until('first', ['v1', 'v1alpha2', 'v2', 'v1alpha1']);
  await parts.stop();
});
