import { isAbout } from './about.ts';
import { type StatusError, statusError } from '../../api/status.ts';
import type { Event } from '../../api/types/core-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

/** Who shares a bucket of tokens. */
export type EventLimitType = 'Server' | 'Namespace' | 'User' | 'SourceAndObject';

export interface EventLimit {
  readonly type: EventLimitType;
  readonly qps: number;
  readonly burst: number;
  /** Buckets kept; the one that was not asked for longest is forgotten. */
  readonly cacheSize: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const keys: Readonly<Record<EventLimitType, (attributes: AdmissionAttributes) => string>> = {
  Server: () => '',
  Namespace: ({ namespace }) => namespace,
  User: ({ user }) => user.name,
  SourceAndObject: ({ object }) => {
    const { source, involvedObject: about } = object as unknown as Event;
    return [
      ...[source?.component, source?.host, about.kind, about.namespace, about.name],
      ...[about.uid, about.apiVersion],
    ].join('');
  },
};

/** One limit: a bucket of `burst` tokens per key, which fills by `qps` a second. */
class Limiter {
  readonly #limit: EventLimit;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: EventLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** What to tell the client if there are too many; it counts either way. */
  refusal(attributes: AdmissionAttributes): string | undefined {
    const { type, qps, burst } = this.#limit;
    const key = keys[type](attributes);
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * qps);
    bucket.at = now;
    this.#remember(key, bucket);
    if (bucket.tokens < 1) return `limit reached on type ${type} for key ${key}`;
    bucket.tokens--;
    return undefined;
  }

  #remember(key: string, bucket: Bucket): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= this.#limit.cacheSize) return;
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}

/** So that one that writes events without end does not fill the store. */
export class EventRateLimit implements AdmissionPlugin {
  readonly name = 'EventRateLimit';
  readonly #limiters: readonly Limiter[];

  constructor(limits: readonly EventLimit[], clock: Clock) {
    this.#limiters = limits.map((limit) => new Limiter(limit, clock));
  }

  handles(attributes: AdmissionAttributes): boolean {
    const { operation, dryRun, type } = attributes;
    if (dryRun || (operation !== 'CREATE' && operation !== 'UPDATE')) return false;
    return isAbout(attributes, 'events') || (type.group === 'events.k8s.io' && isEvent(type));
  }

  validate(attributes: AdmissionAttributes): void {
    const refusals = this.#limiters.flatMap((limiter) => limiter.refusal(attributes) ?? []);
    if (refusals.length > 0) throw tooMany(refusals);
  }
}

const isEvent = ({ resource }: { readonly resource: string }): boolean => resource === 'events';

function tooMany(refusals: readonly string[]): StatusError {
  const [first = '', ...more] = [...new Set(refusals)];
  const text = more.length === 0 ? first : `[${[first, ...more].join(', ')}]`;
  return statusError('TooManyRequests', `Too many requests: ${text}`);
}
