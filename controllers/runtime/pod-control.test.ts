import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { PodControl, type PodControlParts } from './pod-control.ts';
import { podsToDelete } from './ranking.ts';

const owner: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { namespace: 'd', name: 'web', uid: 'u' },
};
const controller = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u' };
const draft = {
  metadata: {
    namespace: 'd',
    generateName: 'web-',
    ownerReferences: [{ ...controller, controller: true }],
  },
  spec: { containers: [] },
};
const hungUp = (): Error => new Error('socket hang up');

/** A server that loses answers on demand, and what it holds. */
class Server {
  readonly pods = new Map<string, Pod>();
  /** For the calls to come: whether they are carried out, and whether an answer arrives. */
  readonly fates: { readonly done: boolean; readonly answered: boolean }[] = [];
  /** What the cache shows. */
  cached = new Map<string, Pod>();

  readonly parts: PodControlParts = {
    client: this.#client(),
    recorder: { record: () => {}, stop: () => Promise.resolve() },
    random: new SeededRandom(1),
    pods: { get: (key) => this.cached.get(key), list: () => [], byIndex: () => [] },
  };

  readonly control = new PodControl(this.parts);

  #client(): Client {
    const create = async (_: unknown, pod: Pod): Promise<Pod> => {
      const fate = this.fates.shift() ?? { done: true, answered: true };
      const key = `d/${pod.metadata.name}`;
      if (this.pods.has(key)) throw statusError('AlreadyExists', 'already exists');
      if (fate.done) this.pods.set(key, pod);
      if (!fate.answered) throw hungUp();
      return pod;
    };
    const get = async (_: unknown, ref: { name: string }): Promise<Pod> => {
      const pod = this.pods.get(`d/${ref.name}`);
      if (pod === undefined) throw statusError('NotFound', 'not found');
      return pod;
    };
    const remove = async (): Promise<void> => {
      throw hungUp();
    };
    return { create, get, delete: remove } as unknown as Client;
  }

  async create(): Promise<void> {
    for (const named of this.control.named(owner, [draft])) await this.control.create(owner, named);
  }
}

describe('a creation whose answer was lost', () => {
  it('is carried out once when it is tried again, done or not', async () => {
    for (const done of [true, false]) {
      const server = new Server();
      server.fates.push({ done, answered: false });
      await expect(server.create()).rejects.toThrow('socket hang up');
      await server.create();
      expect(server.pods.size).toBe(1);
    }
  });

  it('is decided once the cache shows it: the next pod is another', async () => {
    const server = new Server();
    server.fates.push({ done: true, answered: false });
    await expect(server.create()).rejects.toThrow('socket hang up');
    server.cached = new Map(server.pods);
    await server.create();
    expect(server.pods.size).toBe(2);
  });

  it('keeps its name when it is not tried, and gives it to one of its kind only', async () => {
    const server = new Server();
    server.fates.push({ done: true, answered: false });
    await expect(server.create()).rejects.toThrow('socket hang up');
    const names = () => server.control.named(owner, [draft]).map(({ metadata }) => metadata.name);
    expect(names()).toEqual(names());
    const indexed = { ...draft, metadata: { ...draft.metadata, generateName: 'web-1-' } };
    const [other] = server.control.named(owner, [indexed]);
    expect(other!.metadata.name).not.toBe(names()[0]);
  });

  it('does not stand for the pod of another owner that has the name', async () => {
    const server = new Server();
    server.fates.push({ done: false, answered: false });
    await expect(server.create()).rejects.toThrow('socket hang up');
    // The same draws: the same name, and somebody else has it.
    const other = new Server();
    await other.create();
    const [[key, pod]] = other.pods as unknown as [[string, Pod]];
    server.pods.set(key, { ...pod, metadata: { ...pod.metadata, ownerReferences: [] } });
    await expect(server.create()).rejects.toThrow('already exists');
    await server.create();
    expect(server.pods.size).toBe(2);
  });
});

describe('the name of a new pod', () => {
  /** Draws the numbers of `draws` over and over, five to a name. */
  const drawing = (server: Server, draws: readonly number[]): PodControl => {
    let at = 0;
    const below = (): number => draws[at++ % draws.length]!;
    return new PodControl({ ...server.parts, random: { below, bytes: () => new Uint8Array() } });
  };

  it('is none that the cache shows, and given once in a batch', async () => {
    const server = new Server();
    const five = (n: number): number[] => Array.from({ length: 5 }, () => n);
    server.cached.set('d/web-bbbbb', { metadata: { name: 'web-bbbbb' } } as Pod);
    const control = drawing(server, [0, 1, 1, 2].flatMap(five));
    const names = control.named(owner, [draft, draft]).map(({ metadata }) => metadata.name);
    expect(names).toEqual(['web-ccccc', 'web-ddddd']);
  });

  it('that another pod of the same owner has is a failure: nothing was created', async () => {
    const server = new Server();
    const control = drawing(server, [0]);
    await control.create(owner, control.named(owner, [draft])[0]!);
    const second = control.named(owner, [draft])[0]!;
    await expect(control.create(owner, second)).rejects.toThrow('already exists');
  });
});

describe('a deletion whose answer was lost', () => {
  it('is the first to be tried again', async () => {
    const server = new Server();
    const pod = (uid: string, ready: string): Pod => ({
      ...{ apiVersion: 'v1', kind: 'Pod', spec: { containers: [], nodeName: 'n' } },
      metadata: { namespace: 'd', name: uid, uid },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
    });
    const [ready, unready] = [pod('a', 'True'), pod('b', 'False')];
    await expect(server.control.remove(owner, ready)).rejects.toThrow('socket hang up');
    const removing = server.control.removing(owner);
    const options = { count: 1, nowMs: 0 };
    expect(podsToDelete([unready, ready], [], options)).toEqual([unready]);
    expect(podsToDelete([unready, ready], [], { ...options, removing })).toEqual([ready]);
  });
});
