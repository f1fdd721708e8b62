/** A namespace of one cluster, and what a scenario does in it. */
import type { KubernetesObject } from '../../api/meta.ts';
import { namespaces } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { parseYamlDocuments } from '../../api/yaml.ts';
import type { DeleteOptions } from '../../client/interface.ts';
import type { World } from './world.ts';

/** Of an object of any kind, what scenarios look at. */
export interface Seen {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generateName?: string;
    readonly generation?: number;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly object[];
    readonly finalizers?: readonly string[];
    readonly resourceVersion?: string;
  };
  readonly spec: { readonly template: object; readonly taints?: readonly object[] };
  readonly status?: SeenStatus;
  readonly data?: Readonly<Record<string, string>>;
  readonly subsets?: readonly {
    readonly addresses?: readonly object[];
    readonly notReadyAddresses?: readonly object[];
  }[];
  readonly rules?: readonly object[];
  readonly endpoints?: readonly object[];
  /** Of a ControllerRevision. */
  readonly revision?: number;
}

type Counter =
  | 'observedGeneration'
  | 'replicas'
  | 'updatedReplicas'
  | 'availableReplicas'
  | 'readyReplicas'
  | 'numberAvailable'
  | 'numberReady'
  | 'desiredNumberScheduled'
  | 'updatedNumberScheduled'
  | 'currentHealthy'
  | 'ready';

type SeenStatus = { readonly [name in Counter]?: number } & {
  readonly phase?: string;
  readonly active?: number | readonly object[];
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly used?: Readonly<Record<string, string>>;
  readonly conditions?: readonly SeenCondition[];
  readonly certificate?: string;
  readonly typeChecking?: object;
  readonly resourceClaimStatuses?: readonly object[];
};

export interface SeenCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
}

export interface SeenEvent extends Seen {
  readonly involvedObject: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly fieldPath?: string;
  };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly action?: string;
  readonly count?: number;
  readonly series?: { readonly count: number };
  readonly source?: { readonly component?: string };
  readonly reportingComponent?: string;
}

export const timesOf = ({ series, count }: SeenEvent): number => series?.count ?? count ?? 1;

const GIVE_UP_MS = 180_000;
const ASK_AGAIN_MS = 50;

export class Place {
  readonly world: World;
  readonly namespace: string;

  constructor(world: World, namespace: string) {
    this.world = world;
    this.namespace = namespace;
  }

  static async make(world: World, name: string): Promise<Place> {
    await world.client.create(namespaces, { metadata: { name }, spec: {} });
    const place = new Place(world, name);
    await place.until('ServiceAccount', 'default');
    return place;
  }

  /** Objects as YAML; `NAMESPACE` in it stands for this one's name. */
  async create(yaml: string): Promise<void> {
    for (const document of parseYamlDocuments(yaml.replaceAll('NAMESPACE', this.namespace))) {
      if ('error' in document) throw new Error(document.error);
      const object = document.value as KubernetesObject & { kind: string };
      const type = this.world.typeOf(object);
      const { namespace } = this;
      const metadata = { ...object.metadata, ...(type.namespaced ? { namespace } : {}) };
      await this.world.client.create(type, { ...object, metadata });
    }
  }

  /** `kind` may name a subresource: "Node/status". */
  async merge(kind: string, name: string, body: object): Promise<void> {
    const [own = '', subresource] = kind.split('/');
    const below = subresource === undefined ? {} : { subresource };
    const patch = { type: 'application/merge-patch+json', body, ...below } as const;
    await this.world.client.patch(this.#type(own), this.#ref(own, name), patch);
  }

  async delete(kind: string, name: string, options: DeleteOptions = {}): Promise<void> {
    await this.world.client.delete(this.#type(kind), this.#ref(kind, name), options);
  }

  async evict(name: string): Promise<void> {
    const { namespace } = this;
    const metadata = { name, namespace };
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata };
    const sub = { subresource: 'eviction', body };
    await this.world.client.createSubresource(this.#type('Pod'), { namespace, name }, sub);
  }

  async get(kind: string, name: string): Promise<Seen> {
    const object = await this.world.client.get(this.#type(kind), this.#ref(kind, name));
    return object as unknown as Seen;
  }

  async list(kind: string): Promise<readonly Seen[]> {
    const type = this.#type(kind);
    const at = type.namespaced ? { namespace: this.namespace } : {};
    return (await this.world.client.list(type, at)).items as unknown as readonly Seen[];
  }

  /** Those of the namespace, and of these objects outside of namespaces: "Node/node1". */
  async events(also: readonly string[] = []): Promise<readonly SeenEvent[]> {
    const own = await this.list('Event');
    const { items } = await this.world.client.list(this.#type('Event'), { namespace: 'default' });
    const outside = (items as unknown as readonly SeenEvent[]).filter(({ involvedObject: about }) =>
      also.includes(`${about.kind}/${about.name}`),
    );
    return [...(own as readonly SeenEvent[]), ...outside];
  }

  /** Waits until the object is there and `holds`; fails with what it was last. */
  async until(
    kind: string,
    name: string,
    holds: (object: Seen) => boolean = () => true,
  ): Promise<Seen> {
    let last: Seen | undefined;
    const found = await poll(async () => {
      last = await this.get(kind, name).catch(absent);
      return last !== undefined && holds(last) ? last : undefined;
    });
    if (found === undefined) throw new Error(`${kind} ${name}: ${JSON.stringify(last, null, 1)}`);
    return found;
  }

  async untilAll(kind: string, holds: (objects: readonly Seen[]) => boolean): Promise<void> {
    let last: readonly Seen[] = [];
    const found = await poll(async () => {
      last = await this.list(kind);
      return holds(last) || undefined;
    });
    if (found === undefined) throw new Error(`${kind}s: ${JSON.stringify(last, null, 1)}`);
  }

  async untilGone(kind: string, name: string): Promise<void> {
    let last: unknown;
    const gone = await poll(async () => {
      last = await this.get(kind, name).catch(absent);
      return last === undefined || undefined;
    });
    if (gone === undefined) throw new Error(`${kind} ${name} stays: ${JSON.stringify(last)}`);
  }

  /** Waits until an event with this reason is there. */
  async untilEvent(reason: string): Promise<void> {
    await this.untilAll('Event', (events) =>
      (events as readonly SeenEvent[]).some((event) => event.reason === reason),
    );
  }

  #type(kind: string) {
    return this.world.typeOf(kind === 'Event' ? { apiVersion: 'v1', kind } : { kind });
  }

  #ref(kind: string, name: string) {
    const { namespace } = this;
    return this.#type(kind).namespaced ? { namespace, name } : { name };
  }
}

function absent(error: unknown): undefined {
  if (!isStatus(error, 'NotFound')) throw error;
  return undefined;
}

async function poll<T>(probe: () => Promise<T | undefined>): Promise<T | undefined> {
  const until = performance.now() + GIVE_UP_MS;
  for (;;) {
    const found = await probe();
    if (found !== undefined || performance.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
