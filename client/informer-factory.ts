import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import type { Running } from '../platform/lifecycle.ts';
import { createInformer, type InformerOptions } from './informer.ts';
import type { Informer } from './informer-interface.ts';

/**
 * One informer per resource, shared by everyone who asks: one list, one watch, one cache.
 * `start` starts those asked for so far; it may be called again.
 */
export class InformerFactory implements Running {
  readonly #options: InformerOptions;
  readonly #informers = new Map<string, Informer<KubernetesObject>>();

  constructor(options: InformerOptions) {
    this.#options = options;
  }

  of<T extends KubernetesObject>(type: ResourceType<T>): Informer<T> {
    const name = `${type.group}/${type.version}/${type.resource}`;
    let informer = this.#informers.get(name) as Informer<T> | undefined;
    if (informer === undefined) {
      informer = createInformer(type, this.#options);
      this.#informers.set(name, informer);
    }
    return informer;
  }

  /** Stops following a resource that is served no longer; nobody has its informer any more. */
  async forget(type: ResourceType): Promise<void> {
    const name = `${type.group}/${type.version}/${type.resource}`;
    const informer = this.#informers.get(name);
    this.#informers.delete(name);
    await informer?.stop();
  }

  start(): void {
    for (const informer of this.#informers.values()) informer.start();
  }

  async whenSynced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.whenSynced()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }
}
