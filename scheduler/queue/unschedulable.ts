import type { ClusterEvent } from '../framework/events.ts';
import type { QueuedPod, QueuePolicy } from './queued-pod.ts';

/** No scheduler's name begins so: it is no DNS label. */
const GATED = '(gated) ';

type Group = Map<string, QueuedPod>;

/**
 * Pods that wait for an event, in groups that heed the same kinds of event: of the thousands that
 * wait for cpu, none is asked about a pod that came.
 */
export class Unschedulable {
  readonly #policy: QueuePolicy;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<string, Group>();

  constructor(policy: QueuePolicy) {
    this.#policy = policy;
  }

  get size(): number {
    return this.#groupOf.size;
  }

  /** How many of them are gated. */
  get gated(): number {
    let gated = 0;
    for (const [key, group] of this.#groups) if (key.startsWith(GATED)) gated += group.size;
    return gated;
  }

  get(uid: string): QueuedPod | undefined {
    return this.#groupOf.get(uid)?.get(uid);
  }

  put(queued: QueuedPod): void {
    const { uid } = queued.pod;
    this.delete(uid);
    const key = groupKey(queued);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Map<string, QueuedPod>();
      this.#groups.set(key, group);
    }
    group.set(uid, queued);
    this.#groupOf.set(uid, group);
  }

  delete(uid: string): void {
    const group = this.#groupOf.get(uid);
    if (group === undefined) return;
    const queued = group.get(uid)!;
    group.delete(uid);
    this.#groupOf.delete(uid);
    if (group.size === 0) this.#groups.delete(groupKey(queued));
  }

  /** A copy: the pods may be moved while it is walked. */
  all(): QueuedPod[] {
    return [...this.#groups.values()].flatMap((group) => [...group.values()]);
  }

  wokenBy(event: ClusterEvent): QueuedPod[] {
    const woken: QueuedPod[] = [];
    for (const group of this.#groups.values()) {
      const [first] = group.values();
      if (first === undefined) continue;
      const { pod, rejectedBy } = first;
      if (!this.#policy.heeds(pod, rejectedBy, event.kind)) continue;
      for (const queued of group.values())
        if (this.#policy.wakes(queued.pod, rejectedBy, event)) woken.push(queued);
    }
    return woken;
  }
}

function groupKey({ pod, rejectedBy, gated }: QueuedPod): string {
  const key = `${pod.pod.spec.schedulerName ?? ''}/${[...rejectedBy].sort().join()}`;
  return gated ? `${GATED}${key}` : key;
}
