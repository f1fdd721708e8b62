import { deepEqual } from '../../api/deep.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { pods } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Node, Pod, PodStatus } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { sleep, type Clock } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Limiter } from '../limiter.ts';
import { mirroredHash, mirrorOf } from './static-pod.ts';

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 10_000;
/**
 * A mirror that somebody deleted is made again at the kubelet's pace. Sooner, and kubectl, which
 * waits until the name is gone, may see only the next one and wait for ever.
 */
const MAKE_AGAIN_MS = 1000;

export interface MirrorOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limiter: Limiter;
  /** Undefined while nobody knows the node: it gets no mirrors then. */
  readonly node: () => Node | undefined;
  /** The static pod with its status; undefined once it is no more. */
  readonly wanted: () => Pod | undefined;
}

/**
 * One mirror pod, held to what it mirrors: made again when somebody deletes it, replaced when it
 * shows another manifest, its status written whenever it differs, gone when the static pod is.
 */
export class MirrorPod implements Running {
  readonly #options: MirrorOptions;
  readonly #abort = new AbortController();
  #mirror: Pod | undefined;
  /** What the server took last, and what it made of it. */
  #written: { readonly status: PodStatus; readonly mirror: Pod } | undefined;
  /** No mirror is made before this; monotonic. */
  #makeAgainAt = 0;
  #dirty = false;
  #working: Promise<void> | undefined;

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  /** The mirror as the watch has it. */
  seen(pod: Pod): void {
    const known = this.#mirror;
    if (known !== undefined && versionOf(pod) <= versionOf(known)) return;
    this.#mirror = pod;
    this.sync();
  }

  gone(pod: Pod): void {
    if (this.#mirror !== undefined && uidOf(this.#mirror) === uidOf(pod)) this.#deleted();
    this.sync();
  }

  /** Not by us. */
  #deleted(): void {
    this.#mirror = undefined;
    this.#makeAgainAt = this.#options.clock.monotonic() + MAKE_AGAIN_MS;
  }

  /** Something moved. */
  sync(): void {
    this.#dirty = true;
    if (this.#abort.signal.aborted) return;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#dirty) this.sync();
    });
  }

  /** Resolves when nothing is under way; what is not written by then stays unwritten. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { clock, limiter, logger } = this.#options;
    const { signal } = this.#abort;
    let retryMs = FIRST_RETRY_MS;
    // What else happens in this turn goes into the same write.
    await Promise.resolve();
    while (this.#dirty && !signal.aborted) {
      const early = this.#makeAgainAt - clock.monotonic();
      if (early > 0) await sleep(clock, early, signal);
      if (signal.aborted) return;
      this.#dirty = false;
      try {
        await limiter.run(() => this.#syncOnce());
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.#dirty = true;
        if (isStatus(error, 'Conflict') || isStatus(error, 'NotFound')) this.#mirror = undefined;
        else logger.warn({ err: error }, 'mirror pod not written');
        await sleep(clock, retryMs, signal);
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  async #syncOnce(): Promise<void> {
    const wanted = this.#options.wanted();
    const mirror = this.#mirror;
    if (mirror !== undefined && !shows(mirror, wanted)) {
      await this.#delete(mirror);
      if (mirror.metadata.deletionTimestamp !== undefined) {
        this.#deleted();
        this.#dirty = true;
        return;
      }
    }
    if (wanted === undefined) return;
    this.#mirror ??= await this.#create(wanted);
    if (this.#mirror !== undefined) await this.#writeStatus(this.#mirror, wanted);
  }

  async #delete(mirror: Pod): Promise<void> {
    const ref = { namespace: namespaceOf(mirror), name: nameOf(mirror) };
    const preconditions = { uid: uidOf(mirror) };
    try {
      await this.#options.client.delete(pods, ref, { gracePeriodSeconds: 0, preconditions });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
    this.#mirror = undefined;
  }

  async #create(wanted: Pod): Promise<Pod | undefined> {
    const { client, node } = this.#options;
    const owner = node();
    if (owner === undefined || owner.metadata.deletionTimestamp !== undefined) return undefined;
    try {
      return await client.create(pods, mirrorOf(wanted, owner));
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
    const found = await client.get(pods, {
      namespace: namespaceOf(wanted),
      name: nameOf(wanted),
    });
    if (mirroredHash(found) === undefined)
      throw new Error(`${nameOf(wanted)} is the name of a pod that is no mirror`);
    this.#dirty = true;
    return found;
  }

  async #writeStatus(mirror: Pod, wanted: Pod): Promise<void> {
    if (!shows(mirror, wanted) || wanted.status === undefined) return;
    // The class follows from the spec, and the server knows it better.
    const { qosClass } = mirror.status ?? {};
    const status = { ...(qosClass === undefined ? {} : { qosClass }), ...wanted.status };
    if (deepEqual(status, mirror.status)) return;
    // A server that stores a status differently from how it was sent is not asked for ever.
    if (this.#written?.mirror === mirror && deepEqual(this.#written.status, status)) return;
    const { client } = this.#options;
    const updated = await client.update(pods, { ...mirror, status }, { subresource: 'status' });
    this.#written = { status, mirror: updated };
    if (versionOf(updated) < versionOf(this.#mirror)) return;
    this.#mirror = updated;
    // Somebody may have deleted it meanwhile: the event of that is older than this answer.
    if (!shows(updated, wanted)) this.#dirty = true;
  }
}

/** A mirror that is to go, or that shows another manifest, is none. */
const shows = (mirror: Pod, wanted: Pod | undefined): boolean =>
  mirror.metadata.deletionTimestamp === undefined && mirroredHash(mirror) === wanted?.metadata.uid;

const versionOf = (pod: Pod | undefined): number => Number(pod?.metadata.resourceVersion ?? 0);
