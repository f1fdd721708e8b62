import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IPAddress } from '../../api/types/networking-v1.ts';
import type { Service } from '../../api/types/core-v1.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { parseCidr } from '../../api/cidr.ts';
import { ClaimKeys } from '../storage/claim-keys.ts';
import { ClaimRepair } from './claim-repair.ts';

const INTERVAL_MS = 10_000;
const INTERVALS = 18;
const web = { namespace: 'default', name: 'web' };
const db = { namespace: 'default', name: 'db' };

let services: Service[];
let objects: Map<string, IPAddress>;
let nodePorts: ClaimKeys;
let clock: FakeClock;
let repair: ClaimRepair;
let ensured: number;
let events: Record<string, unknown>[];

const service = (metadata: { namespace: string; name: string }, clusterIP: string, port = 0) =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [{ port: 80, ...(port > 0 && { nodePort: port }) }],
    },
  }) as Service;

const held = async () => (await nodePorts.held()).map(({ value, owner }) => `${value} ${owner}`);

async function pass(): Promise<void> {
  for (let i = 0; i < INTERVALS; i++) await clock.advance(INTERVAL_MS);
}

beforeEach(() => {
  services = [];
  objects = new Map();
  events = [];
  ensured = 0;
  clock = new FakeClock();
  nodePorts = new ClaimKeys(new MemoryKv(), 'servicenodeports');
  repair = new ClaimRepair({
    ...{ nodePorts, clock, logger },
    addresses: {
      list: () => Promise.resolve([...objects.values()]),
      ranges: () => Promise.resolve([parseCidr('10.96.0.0/12')!]),
      take: (name, owner) => {
        const spec = { parentRef: { resource: 'services', ...owner } };
        objects.set(name, { metadata: { name }, spec } as IPAddress);
        return Promise.resolve(true);
      },
      remove: ({ metadata }) => Promise.resolve(void objects.delete(metadata.name!)),
    },
    services: () => Promise.resolve(services),
    ensureRange: () => Promise.resolve(void ensured++),
    record: (path, event) => Promise.resolve(events.push({ path, ...event })),
  });
  repair.start();
});

afterEach(async () => {
  await repair.stop();
  expect(clock.timers).toBe(0);
});

describe('the repair of claims', () => {
  it('gives back what two passes found without a Service, not what one did', async () => {
    await nodePorts.take('30007', web);
    await pass();
    expect(await held()).toEqual(['30007 default/web']);
    await pass();
    expect(await held()).toEqual([]);
  });

  it('leaves alone what a Service holds, and what was claimed anew between two passes', async () => {
    services = [service(db, '10.96.0.8', 30008)];
    await nodePorts.take('30008', db);
    await nodePorts.take('30009', web);
    await pass();
    await nodePorts.release('30009', 'default/web');
    await nodePorts.take('30009', web);
    await pass();
    expect(await held()).toEqual(['30008 default/db', '30009 default/web']);
  });

  it('claims what a Service holds without a claim, and says so', async () => {
    services = [service(web, '10.96.0.10', 30010)];
    await pass();
    expect([...objects.keys()]).toEqual(['10.96.0.10']);
    expect(await held()).toEqual(['30010 default/web']);
    expect(events).toMatchObject([
      {
        path: '/apis/events.k8s.io/v1/namespaces/default/events',
        type: 'Warning',
        reason: 'ClusterIPNotAllocated',
        action: 'ClusterIPAllocation',
        note: 'Cluster IP [IPv4]: 10.96.0.10 is not allocated; repairing',
        regarding: { kind: 'Service', namespace: 'default', name: 'web' },
        reportingController: 'ipallocator-repair-controller',
      },
    ]);
  });

  it('looks after the default range in each interval', async () => {
    await clock.advance(INTERVAL_MS);
    await clock.advance(INTERVAL_MS);
    expect(ensured).toBe(2);
  });
});
