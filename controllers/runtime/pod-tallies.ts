/**
 * Pods counted by who controls them, kept up to date pod by pod: a controller of 10,000 pods asks
 * how many are ready without looking at any.
 */
import { deepEqual } from '../../api/deep.ts';
import { controllerOf, namespaceOf } from '../../api/meta.ts';
import type { Labels } from '../../api/selector/label.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { podActive, podReady } from './pods.ts';

/** Pods that have the very same labels. */
export interface LabelledPods {
  readonly labels: Labels | undefined;
  /** In any state. */
  readonly all: number;
  readonly active: number;
}

export interface PodTally {
  readonly active: number;
  /** Active and ready. */
  readonly ready: number;
  /** By their labels; those of one template have the same. */
  readonly labelled: Iterable<LabelledPods>;
}

type Counting = { -readonly [K in keyof LabelledPods]: LabelledPods[K] };

class Tally implements PodTally {
  active = 0;
  ready = 0;
  readonly #byLabels = new Map<string, Counting>();

  get labelled(): Iterable<LabelledPods> {
    return this.#byLabels.values();
  }

  get empty(): boolean {
    return this.#byLabels.size === 0;
  }

  /** `by` is 1 for a pod that is there, -1 for one that was. */
  count(pod: Pod, by: 1 | -1): void {
    const { labels } = pod.metadata;
    const key = JSON.stringify(labels) ?? '';
    let alike = this.#byLabels.get(key);
    if (alike === undefined) this.#byLabels.set(key, (alike = { labels, all: 0, active: 0 }));
    alike.all += by;
    if (alike.all === 0) this.#byLabels.delete(key);
    if (!podActive(pod)) return;
    alike.active += by;
    this.active += by;
    if (podReady(pod)) this.ready += by;
  }
}

const none: PodTally = new Tally();

function countsAlike(a: Pod, b: Pod): boolean {
  const [one, other] = [controllerOf(a), controllerOf(b)];
  return (
    podActive(a) === podActive(b) &&
    podReady(a) === podReady(b) &&
    one?.uid === other?.uid &&
    one?.kind === other?.kind &&
    deepEqual(a.metadata.labels, b.metadata.labels)
  );
}

export class PodTallies {
  readonly #kind: string;
  /** By the uid of the controller; orphans by their namespace. */
  readonly #owned = new Map<string, Tally>();
  readonly #orphans = new Map<string, Tally>();

  /** Counts the pods that a controller of `kind` has, and those that none has. */
  constructor(pods: Informer<Pod>, kind: string) {
    this.#kind = kind;
    pods.addHandler({
      added: (pod) => this.#count(pod, 1),
      updated: (old, pod) => {
        if (countsAlike(old, pod)) return;
        this.#count(old, -1);
        this.#count(pod, 1);
      },
      deleted: (_last, cached) => this.#count(cached, -1),
    });
  }

  /** Pods that the object of this uid controls. */
  of(uid: string): PodTally {
    return this.#owned.get(uid) ?? none;
  }

  /** Pods of the namespace that nobody controls. */
  orphans(namespace: string): PodTally {
    return this.#orphans.get(namespace) ?? none;
  }

  #count(pod: Pod, by: 1 | -1): void {
    const owner = controllerOf(pod);
    if (owner !== undefined && owner.kind !== this.#kind) return;
    const [tallies, key] =
      owner === undefined ? [this.#orphans, namespaceOf(pod)] : [this.#owned, owner.uid];
    let tally = tallies.get(key);
    if (tally === undefined) tallies.set(key, (tally = new Tally()));
    tally.count(pod, by);
    if (tally.empty) tallies.delete(key);
  }
}
