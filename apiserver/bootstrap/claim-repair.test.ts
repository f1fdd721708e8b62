import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Service } from '../../api/types/core-v1.ts';
import { silentLogger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { ClaimKeys } from '../storage/claim-keys.ts';
import { ClaimRepair } from './claim-repair.ts';

const PASS_MS = 3 * 60_000;
const web = { namespace: 'default', name: 'web' };
const db = { namespace: 'default', name: 'db' };

let services: Service[];
let claims: Record<'clusterIPs' | 'nodePorts', ClaimKeys>;
let clock: FakeClock;
let repair: ClaimRepair;

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

const held = async (range: 'clusterIPs' | 'nodePorts') =>
  (await claims[range].held()).map(({ value, owner }) => `${value} ${owner}`);

beforeEach(() => {
  const kv = new MemoryKv();
  services = [];
  clock = new FakeClock();
  claims = {
    clusterIPs: new ClaimKeys(kv, 'serviceips'),
    nodePorts: new ClaimKeys(kv, 'servicenodeports'),
  };
  const logger = silentLogger;
  repair = new ClaimRepair({ claims, services: () => Promise.resolve(services), clock, logger });
  repair.start();
});

afterEach(async () => {
  await repair.stop();
  expect(clock.timers).toBe(0);
});

describe('the repair of claims', () => {
  it('gives back what two passes found without a Service, not what one did', async () => {
    await claims.clusterIPs.take('10.96.0.7', web);
    await claims.nodePorts.take('30007', web);
    await clock.advance(PASS_MS);
    expect(await held('clusterIPs')).toEqual(['10.96.0.7 default/web']);
    await clock.advance(PASS_MS);
    expect(await held('clusterIPs')).toEqual([]);
    expect(await held('nodePorts')).toEqual([]);
  });

  it('leaves alone what a Service holds, and what was claimed anew between two passes', async () => {
    services = [service(db, '10.96.0.8', 30008)];
    await claims.clusterIPs.take('10.96.0.8', db);
    await claims.nodePorts.take('30008', db);
    await claims.clusterIPs.take('10.96.0.9', web);
    await clock.advance(PASS_MS);
    await claims.clusterIPs.release('10.96.0.9', 'default/web');
    await claims.clusterIPs.take('10.96.0.9', web);
    await clock.advance(PASS_MS);
    expect(await held('clusterIPs')).toEqual(['10.96.0.8 default/db', '10.96.0.9 default/web']);
    expect(await held('nodePorts')).toEqual(['30008 default/db']);
  });

  it('claims what a Service holds without a claim', async () => {
    services = [service(web, '10.96.0.10', 30010)];
    await clock.advance(PASS_MS);
    expect(await held('clusterIPs')).toEqual(['10.96.0.10 default/web']);
    expect(await held('nodePorts')).toEqual(['30010 default/web']);
  });

  it('keeps the claim of the first of two Services with one address', async () => {
    services = [service(web, '10.96.0.11'), service(db, '10.96.0.11')];
    await claims.clusterIPs.take('10.96.0.11', web);
    for (let pass = 0; pass < 3; pass++) await clock.advance(PASS_MS);
    expect(await held('clusterIPs')).toEqual(['10.96.0.11 default/web']);
  });
});
