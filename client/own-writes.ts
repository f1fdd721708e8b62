/**
 * What somebody wrote has to be in the cache before he decides on the same thing again: a
 * decision on what was there before would be made twice. The versions of a resource are numbers
 * that only grow, so a cache that has got past a write's version shows it, or what came after.
 *
 * Keys are the caller's: what is decided on, not what was written.
 */
import type { KubernetesObject, ObjectMeta } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import { isStatus } from '../api/status.ts';
import type { Informer } from './informer-interface.ts';
import type { Client } from './interface.ts';
import { mayHaveHappened } from './may-have-happened.ts';

/** How long a cache that is behind is waited for, if no event tells that it has caught up. */
export const CATCH_UP_MS = 200;

interface Written {
  readonly metadata: ObjectMeta;
}

export class OwnWrites<T extends KubernetesObject> {
  readonly #client: Client;
  readonly #type: ResourceType<T>;
  readonly #informer: Pick<Informer<T>, 'position'>;
  readonly #needed = new Map<string, number>();
  /** Written or not: the server could not be asked yet. */
  readonly #unsure = new Map<string, Written>();

  constructor(client: Client, type: ResourceType<T>, informer: Pick<Informer<T>, 'position'>) {
    this.#client = client;
    this.#type = type;
    this.#informer = informer;
  }

  /** True if the cache shows all that was written for the key. */
  async shown(key: string): Promise<boolean> {
    const unsure = this.#unsure.get(key);
    if (unsure !== undefined && !(await this.#look(key, unsure))) return false;
    const needed = this.#needed.get(key);
    if (needed === undefined) return true;
    if (this.#informer.position < needed) return false;
    this.#needed.delete(key);
    return true;
  }

  forget(key: string): void {
    this.#needed.delete(key);
    this.#unsure.delete(key);
  }

  /**
   * Runs a write of `object` for the key, and keeps its version in mind. Of one that may have been
   * carried out although it failed, the server is asked: rejects as the write did.
   */
  async run(key: string, object: Written, write: () => Promise<T>): Promise<T> {
    try {
      const written = await write();
      this.#need(key, written);
      return written;
    } catch (error) {
      if (mayHaveHappened(error)) await this.#look(key, object);
      throw error;
    }
  }

  /** False if the server cannot be asked. */
  async #look(key: string, object: Written): Promise<boolean> {
    const { namespace, name = '' } = object.metadata;
    const ref = { name, ...(namespace === undefined ? {} : { namespace }) };
    try {
      this.#need(key, await this.#client.get(this.#type, ref));
    } catch (error) {
      // What is not there was not written, or is gone again.
      if (!isStatus(error, 'NotFound')) {
        this.#unsure.set(key, object);
        return false;
      }
    }
    this.#unsure.delete(key);
    return true;
  }

  #need(key: string, { metadata }: Written): void {
    const version = Number(metadata.resourceVersion ?? 0);
    this.#needed.set(key, Math.max(version, this.#needed.get(key) ?? 0));
  }
}
