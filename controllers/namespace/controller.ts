/**
 * The namespace controller: empties a namespace that is being deleted, kind by kind and pods
 * first, says what it still waits for, and lets the namespace go once it is empty.
 */
import { deepEqual } from '../../api/deep.ts';
import { nameOf } from '../../api/meta.ts';
import { groupResource, type ResourceType } from '../../api/resource.ts';
import { namespaces as namespaceType, pods as podType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Namespace } from '../../api/types/core-v1.ts';
import { ItemBackoff } from '../../client/rate-limiter.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { planConditions, type Remaining } from './plan.ts';

const NAME = 'namespace-controller';
const FINALIZER = 'kubernetes';
/** How soon a namespace that is not yet empty is looked at again. */
const BACKOFF = { baseMs: 20, maxMs: 5000 };

export function namespaceController(context: ControllerContext): Controller {
  return new NamespaceController(context);
}

class NamespaceController extends BaseController {
  readonly name = NAME;
  readonly #namespaces = this.informerOf(namespaceType);
  /** Rounds a namespace has taken so far. */
  readonly #rounds = new ItemBackoff(BACKOFF);

  constructor(context: ControllerContext) {
    super(context, new ItemBackoff(BACKOFF));
    const deleting = ({ metadata }: Namespace): boolean => metadata.deletionTimestamp !== undefined;
    enqueueSelf(this.#namespaces, this.queue, deleting);
  }

  async reconcile(key: string) {
    const namespace = this.#namespaces.lister.get(key);
    if (namespace?.metadata.deletionTimestamp === undefined) {
      this.#rounds.forget(key);
      return undefined;
    }
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) return undefined;
    const remaining = await this.#empty(key);
    const latest = await this.#writeStatus(namespace, remaining);
    if (latest === undefined) return undefined;
    const { resources, failures, unknown } = remaining;
    if (resources.size > 0 || failures.length > 0 || unknown.size > 0)
      return { requeueAfterMs: this.#rounds.next(key) };
    await this.#finalize(latest);
    return undefined;
  }

  /** Asks everything to go, then counts what is still there. */
  async #empty(namespace: string): Promise<Remaining> {
    const resources = new Map<string, number>();
    const finalizers = new Map<string, number>();
    const failures: string[] = [];
    // What an extension server keeps in it is not known to be gone while that one is away.
    const unknown = await this.context.types.askExtensions();
    const types = this.context.types.list().filter(({ namespaced }) => namespaced);
    const pods = types.filter(({ resource, group }) => isPods(resource, group));
    const others = types.filter(({ resource, group }) => !isPods(resource, group));
    const emptied = async (type: ResourceType): Promise<void> => {
      try {
        await this.#emptyOf(type, namespace, { resources, finalizers });
      } catch (error) {
        // A kind that is served no longer has nothing in the namespace.
        if (!isStatus(error, 'NotFound')) failures.push((error as Error).message);
      }
    };
    await Promise.all(pods.map(emptied));
    // Pods end with the configuration and permissions they were started with.
    if (resources.size === 0) await Promise.all(others.map(emptied));
    return { resources, finalizers, failures, unknown };
  }

  async #emptyOf(
    type: ResourceType,
    namespace: string,
    counts: { resources: Map<string, number>; finalizers: Map<string, number> },
  ): Promise<void> {
    const { client } = this.context;
    const before = await client.list(type, { namespace });
    if (before.items.length === 0) return;
    await client.deleteCollection(type, { namespace }, { propagationPolicy: 'Background' });
    const { items } = await client.list(type, { namespace });
    if (items.length === 0) return;
    counts.resources.set(groupResource(type), items.length);
    for (const { metadata } of items) {
      for (const finalizer of metadata.finalizers ?? []) {
        counts.finalizers.set(finalizer, (counts.finalizers.get(finalizer) ?? 0) + 1);
      }
    }
  }

  /** Undefined if the namespace is gone. */
  async #writeStatus(namespace: Namespace, remaining: Remaining): Promise<Namespace | undefined> {
    const old = namespace.status?.conditions ?? [];
    const conditions = planConditions(old, remaining, this.context.clock.now());
    if (namespace.status?.phase === 'Terminating' && deepEqual(old, conditions)) return namespace;
    const status = { ...namespace.status, phase: 'Terminating', conditions };
    const options = { subresource: 'status' };
    try {
      return await this.context.client.update(namespaceType, { ...namespace, status }, options);
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #finalize(namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== FINALIZER);
    const spec = { ...namespace.spec, finalizers };
    const options = { subresource: 'finalize' };
    try {
      await this.context.client.update(namespaceType, { ...namespace, spec }, options);
      this.#rounds.forget(nameOf(namespace));
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}

const isPods = (resource: string, group: string): boolean =>
  resource === podType.resource && group === podType.group;
