import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mutable } from '../../../api/meta.ts';
import { evaluatorOf } from '../../../api/quota/evaluators.ts';
import type { Pod, ResourceQuota, Service } from '../../../api/types/core-v1.ts';
import type { Request } from './charge.ts';
import { QuotaBooks, type QuotaAccess } from './quota-books.ts';

const NAMESPACE = 'team';

type List = Record<string, string>;

function quota(name: string, hard: List, used: List): ResourceQuota {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name, namespace: NAMESPACE },
    spec: { hard },
    status: { hard, used },
  };
}

/** A store, and what a server knows of it, which may be behind. */
class TestStore {
  readonly quotas = new Map<string, ResourceQuota>();
  writes = 0;

  constructor(quotas: readonly ResourceQuota[]) {
    for (const each of quotas) this.quotas.set(each.metadata.name!, each);
  }

  used(name: string): List {
    return this.quotas.get(name)!.status!.used as List;
  }

  /** One server. `behind` makes it see what was there when it started. */
  access(options: { readonly behind: boolean } = { behind: false }): QuotaAccess {
    const before = [...this.quotas.values()];
    const all = (): ResourceQuota[] => [...this.quotas.values()];
    return {
      known: () => (options.behind ? before : all()),
      current: async () => {
        await Promise.resolve();
        return all();
      },
      update: (at, change) => this.#swap(at.name, change),
    };
  }

  async #swap(name: string, change: Parameters<QuotaAccess['update']>[1]): Promise<void> {
    for (;;) {
      const seen = this.quotas.get(name)!;
      const next: Mutable<ResourceQuota> | undefined = change(seen);
      await Promise.resolve();
      if (this.quotas.get(name) !== seen) continue;
      if (next === undefined) return;
      this.writes++;
      this.quotas.set(name, next);
      return;
    }
  }
}

const type = { group: '', resource: 'pods' };
const evaluator = evaluatorOf(type)!;

function creating(requests: List = {}): Request & { readonly object: Pod } {
  const object: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'a', resources: { requests } }] },
  };
  return { type, evaluator, object, old: undefined, nowMs: 0 };
}

describe('the books of a namespace', () => {
  it('count what is admitted', async () => {
    const store = new TestStore([
      quota('q', { pods: '2', 'requests.cpu': '1' }, { pods: '0', 'requests.cpu': '0' }),
    ]);
    const books = new QuotaBooks(store.access());
    expect(await books.enter(NAMESPACE, creating({ cpu: '400m' }), false)).toBeUndefined();
    expect(store.used('q')).toEqual({ pods: '1', 'requests.cpu': '400m' });
  });

  it('refuse what does not fit, and name only what is exceeded', async () => {
    const hard = { pods: '2', 'requests.cpu': '1', 'requests.memory': '1Gi' };
    const used = { pods: '1', 'requests.cpu': '500m', 'requests.memory': '1Gi' };
    const store = new TestStore([quota('q', hard, used)]);
    const books = new QuotaBooks(store.access());
    const request = creating({ cpu: '600m', memory: '1Mi' });
    expect(await books.enter(NAMESPACE, request, false)).toBe(
      'exceeded quota: q, requested: requests.cpu=600m,requests.memory=1Mi, ' +
        'used: requests.cpu=500m,requests.memory=1Gi, limited: requests.cpu=1,requests.memory=1Gi',
    );
    expect(store.used('q')).toEqual(used);
  });

  it('charge nothing when one of several quotas refuses', async () => {
    const store = new TestStore([
      quota('a', { pods: '9' }, { pods: '0' }),
      quota('b', { pods: '1' }, { pods: '1' }),
    ]);
    const books = new QuotaBooks(store.access());
    expect(await books.enter(NAMESPACE, creating(), false)).toBe(
      'exceeded quota: b, requested: pods=1, used: pods=1, limited: pods=1',
    );
    expect(store.used('a')).toEqual({ pods: '0' });
  });

  it('want to be told what the quota limits', async () => {
    const store = new TestStore([quota('q', { 'limits.cpu': '1' }, { 'limits.cpu': '0' })]);
    const books = new QuotaBooks(store.access());
    expect(await books.enter(NAMESPACE, creating(), false)).toBe(
      'failed quota: q: must specify limits.cpu for: a',
    );
  });

  it('refuse before it is known what is used', async () => {
    const store = new TestStore([quota('q', { pods: '1', secrets: '1' }, { secrets: '1' })]);
    const books = new QuotaBooks(store.access());
    expect(await books.enter(NAMESPACE, creating(), false)).toBe(
      'status unknown for quota: q, resources: pods',
    );
  });

  it('refuse amounts below nothing', async () => {
    const store = new TestStore([
      quota('q', { 'requests.example.com/gpu': '1' }, { 'requests.example.com/gpu': '0' }),
    ]);
    const books = new QuotaBooks(store.access());
    expect(await books.enter(NAMESPACE, creating({ 'example.com/gpu': '-1' }), false)).toBe(
      'quota usage is negative for resource(s): requests.example.com/gpu',
    );
  });

  it('leave alone whom a scope does not mean', async () => {
    const all = quota('q', { pods: '0' }, { pods: '0' });
    const store = new TestStore([{ ...all, spec: { ...all.spec, scopes: ['Terminating'] } }]);
    const books = new QuotaBooks(store.access());
    expect(await books.enter(NAMESPACE, creating(), false)).toBeUndefined();
    expect(store.writes).toBe(0);
  });

  it('count what an update uses more than before, and forget nothing it uses less', async () => {
    const store = new TestStore([
      quota('q', { 'services.nodeports': '3' }, { 'services.nodeports': '1' }),
    ]);
    const books = new QuotaBooks(store.access());
    const ofServices = { group: '', resource: 'services' };
    const services = { type: ofServices, evaluator: evaluatorOf(ofServices)! };
    const service = (ports: number, type = 'NodePort'): Service => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { type, ports: Array.from({ length: ports }, (_, i) => ({ port: i + 1 })) },
    });
    const change = (object: Service, old: Service) =>
      books.enter(NAMESPACE, { ...services, object, old, nowMs: 0 }, false);
    expect(await change(service(3), service(1))).toBeUndefined();
    expect(store.used('q')).toEqual({ 'services.nodeports': '3' });
    expect(await change(service(1), service(3))).toBeUndefined();
    expect(store.used('q')).toEqual({ 'services.nodeports': '3' });
    expect(await change(service(1, 'NodePort'), service(1, 'ClusterIP'))).toBe(
      'exceeded quota: q, requested: services.nodeports=1, ' +
        'used: services.nodeports=3, limited: services.nodeports=3',
    );
  });

  it('are not written by a dry run, which is refused all the same', async () => {
    const store = new TestStore([quota('q', { pods: '1' }, { pods: '0' })]);
    const books = new QuotaBooks(store.access());
    expect(await books.enter(NAMESPACE, creating(), true)).toBeUndefined();
    expect(store.writes).toBe(0);
    await books.enter(NAMESPACE, creating(), false);
    expect(await books.enter(NAMESPACE, creating(), true)).toContain('exceeded quota: q');
  });

  it('refuse nobody for what is not so any more', async () => {
    const store = new TestStore([quota('q', { pods: '1' }, { pods: '1' })]);
    const books = new QuotaBooks(store.access({ behind: true }));
    store.quotas.set('q', quota('q', { pods: '1' }, { pods: '0' }));
    expect(await books.enter(NAMESPACE, creating(), false)).toBeUndefined();
  });

  it('enter those who wait together as one', async () => {
    const store = new TestStore([quota('q', { pods: '100' }, { pods: '0' })]);
    const books = new QuotaBooks(store.access());
    const entries = Array.from({ length: 50 }, () => books.enter(NAMESPACE, creating(), false));
    expect(await Promise.all(entries)).toEqual(Array.from({ length: 50 }, () => undefined));
    expect(store.used('q')).toEqual({ pods: '50' });
    expect(store.writes).toBeLessThanOrEqual(2);
  });

  it('never give out more than there is, on however many servers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ server: fc.nat(2), cpu: fc.integer({ min: 1, max: 9 }) }), {
          maxLength: 30,
        }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 10 }),
        async (requests, cpu, pods) => {
          const store = new TestStore([
            quota('cpu', { 'requests.cpu': `${cpu}` }, { 'requests.cpu': '0' }),
            quota('pods', { pods: `${pods}` }, { pods: '0' }),
          ]);
          const servers = [false, true, true].map(
            (behind) => new QuotaBooks(store.access({ behind })),
          );
          const answers = await Promise.all(
            requests.map((each) =>
              servers[each.server]!.enter(NAMESPACE, creating({ cpu: `${each.cpu}` }), false),
            ),
          );
          const admitted = requests.filter((_, i) => answers[i] === undefined);
          const total = admitted.reduce((sum, each) => sum + each.cpu, 0);
          expect(admitted.length).toBeLessThanOrEqual(pods);
          expect(total).toBeLessThanOrEqual(cpu);
          // Entries may be left behind by a request that another quota refused late.
          expect(Number(store.used('pods')['pods'])).toBeGreaterThanOrEqual(admitted.length);
          expect(Number(store.used('cpu')['requests.cpu'])).toBeGreaterThanOrEqual(total);
          expect(Number(store.used('cpu')['requests.cpu'])).toBeLessThanOrEqual(cpu);
        },
      ),
    );
  });
});
