/**
 * When what made a Service's endpoints change happened: the annotation from which readers tell how
 * long programming the network took. As Kubernetes has it: the Service's own creation first, then
 * the earliest readiness, or creation anew, since the last look; nothing where that cannot be told.
 */
import { nameOf } from '../../api/meta.ts';
import type { Pod, Service } from '../../api/types/core-v1.ts';

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Times of one form sort as texts. */
interface Seen {
  readonly created: string;
  /** By pod: when its readiness changed last. */
  readonly pods: ReadonlyMap<string, string>;
}

export class TriggerTimes {
  readonly #seen = new Map<string, Seen>();

  /** Is to be called once for every look at the Service, whether or not anything is written. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const before = this.#seen.get(key);
    const now = new Map<string, string>();
    let earliest: string | undefined;
    for (const pod of pods) {
      const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
      const time = ready?.lastTransitionTime;
      if (time === undefined) continue;
      now.set(nameOf(pod), time);
      if (time <= (before?.pods.get(nameOf(pod)) ?? '')) continue;
      if (earliest === undefined || time < earliest) earliest = time;
    }
    const { creationTimestamp: created = '' } = service.metadata;
    this.#seen.set(key, { created, pods: now });
    if (before === undefined) return created || undefined;
    const isNew = created > before.created;
    return isNew && (earliest === undefined || created < earliest) ? created : earliest;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

/** These annotations with that time, or without any. */
export function withTriggerTime(
  annotations: Readonly<Record<string, string>> | undefined,
  time: string | undefined,
): Readonly<Record<string, string>> {
  const { [TRIGGER_TIME]: _before, ...others } = annotations ?? {};
  return time === undefined ? others : { ...others, [TRIGGER_TIME]: time };
}
