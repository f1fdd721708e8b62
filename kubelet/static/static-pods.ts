/**
 * The static pods of one node. In: their manifests, which may change at any time, and the mirror
 * pods the API server has. Out: workers that run them, and mirrors that are what they mirror.
 * Their state is kept here alone; an agent that starts again takes over what their mirrors tell.
 */
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import { formatTime } from '../../api/time.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Limiter } from '../limiter.ts';
import type { PodApi } from '../pod-api.ts';
import { MirrorPod } from './mirror-pod.ts';
import { isMirror, mirroredHash, staticPodOf, type StaticManifest } from './static-pod.ts';

/** Where manifests come from. */
export interface StaticSource {
  /** As `kubernetes.io/config.source` tells it: "file". */
  readonly name: string;
  readonly hash: (text: string) => string;
  /** Those there are. Rejects if they cannot be read. */
  read(): Promise<readonly StaticManifest[]>;
  /** Tells all of them whenever one of them changed. */
  follow(changed: (manifests: readonly StaticManifest[]) => void): Running;
}

export interface StaticPodsOptions {
  readonly nodeName: string;
  readonly source: StaticSource;
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limiter: Limiter;
  readonly node: () => Node | undefined;
  /** Begins to run a pod whose state is kept behind `api`. */
  readonly run: (pod: Pod, api: PodApi) => StaticWorker;
}

/** What is needed of a pod's worker. */
export interface StaticWorker {
  readonly current: Pod;
  update(pod: Pod): void;
  removed(): void;
}

interface Static {
  /** As the worker wrote it last. */
  pod: Pod;
  worker: StaticWorker | undefined;
}

/** Of nodes that have none: mirrors bound to them are nobody's, and go. */
export const noStaticPods: StaticSource = {
  name: 'none',
  hash: (text) => text,
  read: () => Promise.resolve([]),
  follow: () => ({ stop: () => Promise.resolve() }),
};

const keyOf = (pod: Pod): string => `${namespaceOf(pod)}/${nameOf(pod)}`;

export class StaticPods implements Running {
  readonly #options: StaticPodsOptions;
  #wanted: ReadonlyMap<string, Pod> = new Map();
  readonly #running = new Map<string, Static>();
  readonly #mirrors = new Map<string, MirrorPod>();
  #following: Running | undefined;
  #version = 0;
  #stopped = false;

  constructor(options: StaticPodsOptions) {
    this.#options = options;
  }

  /** Reads the manifests: from here on it is known which pods are static. */
  async prepare(): Promise<void> {
    this.#want(await this.#options.source.read());
  }

  /** Uids of the pods that run here, or will. */
  get uids(): string[] {
    return [...this.#wanted.values()].map(uidOf);
  }

  /** `mirrors`: those the API server has of this node. */
  start(mirrors: readonly Pod[]): void {
    const known = new Map(mirrors.map((mirror) => [keyOf(mirror), mirror]));
    this.#reconcile(known);
    for (const mirror of mirrors) this.seen(mirror);
    this.#following = this.#options.source.follow((manifests) => {
      if (this.#stopped) return;
      this.#want(manifests);
      this.#reconcile(new Map());
    });
  }

  seen(mirror: Pod): void {
    if (!this.#stopped) this.#mirror(keyOf(mirror)).seen(mirror);
  }

  gone(mirror: Pod): void {
    const key = keyOf(mirror);
    const known = this.#mirrors.get(key);
    if (this.#stopped || known === undefined) return;
    known.gone(mirror);
    if (!this.#running.has(key)) this.#mirrors.delete(key);
  }

  /** The static pod that a mirror shows, as its worker knows it. */
  current(mirror: Pod): Pod | undefined {
    const found = this.#running.get(keyOf(mirror));
    return found === undefined || found.pod.metadata.uid !== mirroredHash(mirror)
      ? undefined
      : (found.worker?.current ?? found.pod);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#following?.stop();
    await Promise.all([...this.#mirrors.values()].map((mirror) => mirror.stop()));
  }

  #want(manifests: readonly StaticManifest[]): void {
    const { nodeName, source, clock } = this.#options;
    const origin = { nodeName, source: source.name, hash: source.hash, nowMs: clock.now() };
    const pods = manifests.map((manifest) => staticPodOf(manifest, origin));
    this.#wanted = new Map(pods.map((pod) => [keyOf(pod), pod]));
  }

  /** Ends what is not wanted any more, and begins what is and does not run. */
  #reconcile(mirrors: ReadonlyMap<string, Pod>): void {
    for (const [key, running] of this.#running)
      if (this.#wanted.get(key)?.metadata.uid !== uidOf(running.pod)) this.#end(running);
    for (const [key, pod] of this.#wanted)
      if (!this.#running.has(key)) this.#begin(key, taken(pod, mirrors.get(key)));
  }

  #begin(key: string, pod: Pod): void {
    const running: Static = { pod: this.#versioned(pod), worker: undefined };
    this.#running.set(key, running);
    const api: PodApi = {
      get: async () => this.#stored(running),
      writeStatus: async (written) => {
        if (written.metadata.resourceVersion !== this.#stored(running).metadata.resourceVersion)
          throw statusError('Conflict', `static pod ${key} has been modified`);
        running.pod = this.#versioned(written);
        this.#mirror(key).sync();
        return running.pod;
      },
      delete: async () => {
        this.#running.delete(key);
        this.#mirror(key).sync();
        running.worker?.removed();
        this.#reconcile(new Map());
      },
    };
    running.worker = this.#options.run(running.pod, api);
    this.#mirror(key).sync();
  }

  /** Its worker hears of it as of a deletion in the API server. */
  #end(running: Static): void {
    const { pod } = running;
    if (pod.metadata.deletionTimestamp !== undefined) return;
    const deletionTimestamp = formatTime(this.#options.clock.now());
    const deletionGracePeriodSeconds = pod.spec.terminationGracePeriodSeconds ?? 30;
    const metadata = { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds };
    running.pod = this.#versioned({ ...pod, metadata });
    running.worker?.update(running.pod);
  }

  #stored(running: Static): Pod {
    if (this.#running.get(keyOf(running.pod)) === running) return running.pod;
    throw statusError('NotFound', `static pod ${nameOf(running.pod)} is gone`);
  }

  #versioned(pod: Pod): Pod {
    return { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++this.#version) } };
  }

  #mirror(key: string): MirrorPod {
    const known = this.#mirrors.get(key);
    if (known !== undefined) return known;
    const { client, clock, limiter, node, logger } = this.#options;
    const made = new MirrorPod({
      client,
      clock,
      limiter,
      node,
      logger: logger.child({ pod: key }),
      wanted: () => this.#running.get(key)?.pod,
    });
    this.#mirrors.set(key, made);
    return made;
  }
}

/** The pod with what an earlier agent told of it, if that was of the same manifest. */
function taken(pod: Pod, mirror: Pod | undefined): Pod {
  const { status } = mirror ?? {};
  const same = mirror !== undefined && mirroredHash(mirror) === uidOf(pod) && isMirror(mirror);
  return same && status?.startTime !== undefined ? { ...pod, status } : pod;
}
