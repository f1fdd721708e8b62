/**
 * When what made a Service's endpoints change happened: the annotation from which readers tell how
 * long programming the network took. As Kubernetes has it: the Service's own creation first, then
 * the earliest readiness that changed since the last look; nothing where that cannot be told.
 */
import { nameOf } from '../../api/meta.ts';
import type { Pod, Service } from '../../api/types/core-v1.ts';

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

export class TriggerTimes {
  /** Of each Service, by pod: when its readiness changed last. Times of one form sort as texts. */
  readonly #seen = new Map<string, ReadonlyMap<string, string>>();

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
      if (time <= (before?.get(nameOf(pod)) ?? '')) continue;
      if (earliest === undefined || time < earliest) earliest = time;
    }
    this.#seen.set(key, now);
    return before === undefined ? service.metadata.creationTimestamp : earliest;
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
