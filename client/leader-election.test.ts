import { afterEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../api/meta.ts';
import { statusError } from '../api/status.ts';
import type { Lease } from '../api/types/coordination-v1.ts';
import { silentLogger } from '../platform/logger.ts';
import { FakeClock, settle } from '../test/support/fake-clock.ts';
import type { Client } from './interface.ts';
import { type LeaderElection, startLeaderElection } from './leader-election.ts';

/** One Lease, with conflicts as the API server has them. */
class LeaseServer {
  lease: Lease | undefined;
  #version = 0;

  /** `reachable` decides whether this client's requests arrive. */
  client(reachable: () => boolean = () => true): Client {
    const arrive = (): void => {
      if (!reachable()) throw new Error('connect ECONNREFUSED');
    };
    const store = (object: KubernetesObject): Lease => {
      const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
      this.lease = { ...(object as Lease), metadata };
      return this.lease;
    };
    return {
      get: async () => {
        arrive();
        if (this.lease === undefined) throw statusError('NotFound', 'no lease');
        return this.lease;
      },
      create: async (_: unknown, object: KubernetesObject) => {
        arrive();
        if (this.lease !== undefined) throw statusError('AlreadyExists', 'lease exists');
        return store(object);
      },
      update: async (_: unknown, object: KubernetesObject) => {
        arrive();
        const current = this.lease?.metadata.resourceVersion;
        if (object.metadata.resourceVersion !== current) throw statusError('Conflict', 'stale');
        return store(object);
      },
    } as unknown as Client;
  }
}

const candidates: LeaderElection[] = [];
let clock = new FakeClock();
afterEach(async () => {
  for (const candidate of candidates.splice(0)) await candidate.stop();
  expect(clock.timers).toBe(0);
  clock = new FakeClock();
});

function stand(server: LeaseServer, identity: string, reachable?: () => boolean) {
  const lost: string[] = [];
  const candidate = startLeaderElection({
    client: server.client(reachable),
    clock,
    random: { below: () => 0, bytes: (n) => new Uint8Array(n) },
    logger: silentLogger,
    lease: { namespace: 'kube-system', name: 'test' },
    identity,
    onLost: () => lost.push(identity),
  });
  candidates.push(candidate);
  return { candidate, lost };
}

describe('leader election', () => {
  it('elects one, who renews; the other follows when the lease is released', async () => {
    const server = new LeaseServer();
    const a = stand(server, 'a');
    const b = stand(server, 'b');
    await clock.advance(60_000);
    expect([a.candidate.leading, b.candidate.leading]).toEqual([true, false]);
    expect(server.lease?.spec).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: '2023-11-14T22:13:20.000000Z',
      renewTime: '2023-11-14T22:14:20.000000Z',
    });
    await a.candidate.stop();
    expect(server.lease?.spec.holderIdentity).toBe('');
    await clock.advance(2000);
    expect(b.candidate.leading).toBe(true);
    expect(server.lease?.spec.leaseTransitions).toBe(1);
  });

  it('gives up leadership before another may take it, when the server is out of reach', async () => {
    const server = new LeaseServer();
    let reachable = true;
    const a = stand(server, 'a', () => reachable);
    await clock.advance(4000);
    const b = stand(server, 'b');
    await clock.advance(2000);
    reachable = false;
    let gaveUpAt = Infinity;
    let takenAt = Infinity;
    const from = clock.monotonic();
    for (let second = 0; second < 30; second++) {
      await clock.advance(1000);
      expect(a.candidate.leading && b.candidate.leading).toBe(false);
      if (a.lost.length > 0) gaveUpAt = Math.min(gaveUpAt, clock.monotonic() - from);
      if (b.candidate.leading) takenAt = Math.min(takenAt, clock.monotonic() - from);
    }
    expect(gaveUpAt).toBeLessThanOrEqual(12_000);
    expect(takenAt).toBeGreaterThan(gaveUpAt);
    expect(takenAt).toBeLessThanOrEqual(18_000);
  });

  it('judges a holder by when its record was seen to change, not by the clock it wrote', async () => {
    const server = new LeaseServer();
    await server.client().create(
      {} as never,
      {
        metadata: { name: 'test' },
        spec: {
          holderIdentity: 'old',
          leaseDurationSeconds: 15,
          renewTime: '1999-01-01T00:00:00Z',
        },
      } as never,
    );
    const a = stand(server, 'a');
    await clock.advance(14_000);
    expect(a.candidate.leading).toBe(false);
    await clock.advance(4000);
    expect(a.candidate.leading).toBe(true);
  });

  it('rejects who waits for it when stopped before', async () => {
    const server = new LeaseServer();
    stand(server, 'a');
    await settle();
    const b = stand(server, 'b');
    const waiting = b.candidate.whenLeading();
    await b.candidate.stop();
    await expect(waiting).rejects.toThrow('stopped before the election was won');
  });
});
