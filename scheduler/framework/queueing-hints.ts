import type { ClusterState } from './cluster-state.ts';
import type { ClusterEvent, ClusterEventKind } from './events.ts';
import type { EnqueueExtensions, EventInterest } from './interface.ts';
import type { PodInfo } from './pod-info.ts';
import type { ProfileRow } from './profile.ts';

/** Which events are worth a new try for a pod, by what the plugins that rejected it say. */
export class QueueingHints {
  /** Interests per plugin; undefined: the plugin has no opinion, so every event may help. */
  readonly #interests = new Map<string, readonly EventInterest[] | undefined>();
  readonly #cluster: ClusterState;

  constructor(rows: readonly ProfileRow[], cluster: ClusterState) {
    this.#cluster = cluster;
    for (const { plugin } of rows) {
      const { interests } = plugin as Partial<EnqueueExtensions>;
      this.#interests.set(plugin.name, interests);
    }
  }

  /** Empty `rejectedBy`: nobody in particular rejected the pod, so anything may help. */
  wakes(pod: PodInfo, rejectedBy: ReadonlySet<string>, event: ClusterEvent): boolean {
    // That the pod itself was assumed and forgotten again is no news to it.
    if ('pod' in event && event.pod.uid === pod.uid) return false;
    if ('upTo' in event && pod.priority > (event.upTo ?? Infinity)) return false;
    if (rejectedBy.size === 0) return true;
    for (const name of rejectedBy) {
      const interests = this.#interests.get(name);
      if (interests === undefined) return true;
      for (const interest of interests)
        if (interest.on === event.kind && this.#helps(interest, pod, event)) return true;
    }
    return false;
  }

  heeds(rejectedBy: ReadonlySet<string>, kind: ClusterEventKind): boolean {
    if (rejectedBy.size === 0) return true;
    for (const name of rejectedBy)
      if (this.#interests.get(name)?.some(({ on }) => on === kind) ?? true) return true;
    return false;
  }

  /** A hint that throws wakes the pod: trying once too often is harmless, never trying is not. */
  #helps(interest: EventInterest, pod: PodInfo, event: ClusterEvent): boolean {
    try {
      return interest.helps?.(pod, event, this.#cluster) ?? true;
    } catch {
      return true;
    }
  }
}
