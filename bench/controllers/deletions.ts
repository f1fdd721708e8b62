import { isStatus } from '../../api/status.ts';
import { configMaps, namespaces } from '../../api/resources.ts';
import { withClients } from '../apiserver/calls.ts';
import { say } from '../suite.ts';
import {
  type Bench,
  rowsOf,
  type Side,
  sides,
  timed,
  timings,
  until,
  withCluster,
} from './workloads.ts';

const OBJECTS = 10_000;
const CLIENTS = 16;
const NAMESPACE = 'doomed';

/** 10,000 ConfigMaps in a namespace of their own. */
async function fill({ cluster, client }: Bench, owner?: object): Promise<void> {
  const ownerReferences = owner === undefined ? {} : { ownerReferences: [owner] };
  if (owner === undefined)
    await client.create(namespaces, { metadata: { name: NAMESPACE }, spec: {} });
  await withClients(cluster, CLIENTS, async (clients) => {
    let made = 0;
    const create = async (connection: (typeof clients)[number]): Promise<void> => {
      while (made < OBJECTS) {
        const metadata = { namespace: NAMESPACE, name: `c-${made++}`, ...ownerReferences };
        const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } };
        const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
        await connection.request('POST', path, JSON.stringify(map));
      }
    };
    await Promise.all(clients.map(create));
  });
}

export async function benchNamespaceDeletion(): Promise<void> {
  const times = timings();
  const measure = async (bench: Bench, side: Side): Promise<void> => {
    const { client } = bench;
    await fill(bench);
    const took = await timed(bench, async () => {
      await client.delete(namespaces, { name: NAMESPACE });
      await until(async () => {
        try {
          await client.get(namespaces, { name: NAMESPACE });
          return false;
        } catch (error) {
          if (isStatus(error, 'NotFound')) return true;
          throw error;
        }
      });
    });
    times[side].push(took);
  };
  for (const side of sides) {
    say(`namespace of 10,000 objects, ${side}`);
    await withCluster('namespace', { nodes: 1, side }, (bench) => measure(bench, side));
  }
  rowsOf('namespace of 10,000 ConfigMaps deleted → gone', times);
}

export async function benchGarbage(): Promise<void> {
  const times = timings();
  const measure = async (bench: Bench, side: Side): Promise<void> => {
    const { client } = bench;
    await client.create(namespaces, { metadata: { name: NAMESPACE }, spec: {} });
    const at = { namespace: NAMESPACE, name: 'owner' };
    const { metadata } = await client.create(configMaps, { metadata: at });
    await fill(bench, { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid });
    const took = await timed(bench, async () => {
      await client.delete(configMaps, at, { propagationPolicy: 'Background' });
      // The two that are left: the root certificate, and the last of the others.
      await until(async () => {
        const { items } = await client.list(configMaps, { namespace: NAMESPACE, limit: 2 });
        return items.length < 2;
      });
    });
    times[side].push(took);
  };
  for (const side of sides) {
    say(`garbage collection of 10,000 objects, ${side}`);
    await withCluster('garbage', { nodes: 1, side }, (bench) => measure(bench, side));
  }
  rowsOf('owner of 10,000 ConfigMaps deleted → all collected', times);
}
