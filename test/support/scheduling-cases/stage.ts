/** An API server with a scheduler: cases are played on it, and what came of them is written down. */
import { type KubernetesObject, nameOf } from '../../../api/meta.ts';
import type { ResourceType } from '../../../api/resource.ts';
import * as resources from '../../../api/resources.ts';
import type { Event, Pod } from '../../../api/types/core-v1.ts';
import type { RestClient } from '../../../client/rest.ts';
import type { Manifest, SchedulingCase } from './case.ts';

const { events, nodes, pods } = resources;
const runtimeClasses: ResourceType = {
  ...{ group: 'node.k8s.io', version: 'v1', resource: 'runtimeclasses', kind: 'RuntimeClass' },
  namespaced: false,
};
const POLL_MS = 50;
const SETTLED_MS = 20_000;
const namespace = 'default';

const types = new Map(
  [...Object.values(resources), runtimeClasses]
    .filter((each): each is ResourceType => typeof each === 'object' && 'kind' in each)
    .map((type) => [type.kind, type]),
);

/** What is seen of one pod. */
export interface Seen {
  readonly node: string | undefined;
  readonly nominated: string | undefined;
  readonly terminating: boolean;
  /**
   * "PodScheduled=False, Unschedulable: 0/3 nodes are available: …", sorted: a new one comes after
   * those that the scheduler has seen, and a loaded one has not always seen its own binding.
   */
  readonly conditions: readonly string[];
  /** Of several of one reason, the latest. */
  readonly events: readonly string[];
}

const refOf = (type: ResourceType, name: string) =>
  type.namespaced ? { namespace, name } : { name };

const versionOf = ({ metadata }: KubernetesObject): number => Number(metadata.resourceVersion);

export class Stage {
  readonly #client: RestClient;
  readonly #used = new Set<ResourceType>([pods, nodes, events]);

  constructor(client: RestClient) {
    this.#client = client;
  }

  /** Ends when every pod of the case has got a node or was told why not. */
  async play({ steps, untold = [] }: SchedulingCase): Promise<void> {
    for (const step of steps) {
      for (const manifest of step) await this.#create(manifest);
      await this.#settled(untold);
    }
  }

  async seen({ anyNode = false }: SchedulingCase): Promise<Record<string, Seen>> {
    const [all, told] = await Promise.all([
      this.#client.list(pods, { namespace }),
      this.#client.list(events, { namespace }),
    ]);
    const seen = all.items.map((pod): [string, Seen] => {
      const about = told.items.filter((each) => each.involvedObject.uid === pod.metadata.uid);
      return [nameOf(pod), seenOf(pod, about)];
    });
    const text = JSON.stringify(Object.fromEntries(seen));
    // uids are no two schedulers' own.
    const plain = all.items.reduce(
      (left, { metadata: { name, uid } }) => left.replaceAll(uid!, `uid of ${name}`),
      text,
    );
    const same = anyNode ? plain.replaceAll(/\bn\d\b/g, 'n') : plain;
    return JSON.parse(same) as Record<string, Seen>;
  }

  async clear(): Promise<void> {
    for (const type of this.#used) {
      const { items } = await this.#client.list(type);
      for (const each of items) {
        const ref = refOf(type, nameOf(each));
        if (ref.namespace !== undefined && each.metadata.namespace !== namespace) continue;
        if (each.metadata.name!.startsWith('system-')) continue;
        if (each.metadata.finalizers !== undefined)
          await this.#client.patch(type, ref, {
            type: 'application/merge-patch+json',
            body: { metadata: { finalizers: null } },
          });
        await this.#client.delete(type, ref, { gracePeriodSeconds: 0 }).catch(() => {});
      }
    }
  }

  async #create(manifest: Manifest): Promise<void> {
    const type = types.get(manifest.kind)!;
    this.#used.add(type);
    const { namespace: _, ...global } = manifest.metadata;
    const metadata = type.namespaced ? manifest.metadata : global;
    const created = await this.#client.create(type, {
      ...manifest,
      metadata,
    });
    // Only nodes are created with their status.
    if (manifest['status'] === undefined || type.resource === 'nodes') return;
    const { status } = manifest;
    const whole = { ...created, status } as KubernetesObject;
    await this.#client.update(type, whole, { subresource: 'status' });
  }

  async #settled(untold: readonly string[]): Promise<void> {
    const until = Date.now() + SETTLED_MS;
    for (;;) {
      const { items } = await this.#client.list(pods, { namespace });
      const open = items.filter((pod) => !isTold(pod) && !untold.includes(nameOf(pod)));
      if (open.length === 0) return;
      if (Date.now() > until) throw new Error(`nobody cares for ${open.map(nameOf).join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

const isTold = ({ spec, status }: Pod): boolean =>
  Boolean(spec.nodeName) || (status?.conditions ?? []).some(({ type }) => type === 'PodScheduled');

function seenOf({ metadata, spec, status }: Pod, about: readonly Event[]): Seen {
  const latest = new Map<string, Event>();
  for (const event of about.toSorted((a, b) => versionOf(a) - versionOf(b)))
    latest.set(event.reason!, event);
  return {
    node: spec.nodeName,
    nominated: status?.nominatedNodeName,
    terminating: metadata.deletionTimestamp !== undefined,
    conditions: (status?.conditions ?? [])
      .map(
        ({ type, status: is, reason = '', message = '' }) => `${type}=${is}, ${reason}: ${message}`,
      )
      .toSorted(),
    events: [...latest.values()]
      .map(
        ({ type, reason, message, action = '', related, reportingComponent }) =>
          `${type} ${reason} (${reportingComponent}, ${action}, ${related?.kind ?? ''} ` +
          `${related?.name ?? ''}): ${message}`,
      )
      .toSorted(),
  };
}
