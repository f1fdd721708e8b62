/**
 * Certificates are renewed and picked up while a server runs: what makes or reads them is asked
 * again and again, and what it yields replaces what is served when it is another.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Running } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';

/** kube-apiserver looks at its files once a minute. */
const EVERY_MS = 60_000;

export interface TlsRotationOptions<T extends object> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly current: T;
  /** Issues anew what is about to expire, or reads files that somebody else replaces. */
  readonly next: () => Promise<T>;
  /** Takes effect for connections from now on; those there are go on. */
  readonly replace: (tls: T) => void;
}

export interface TlsRotation extends Running {
  /** Looks at once: the clock has jumped. */
  readonly check: () => Promise<void>;
}

/** `T`: certificate, key and whom to trust, as PEM texts. */
export function rotateTls<T extends object>(options: TlsRotationOptions<T>): TlsRotation {
  const { clock, logger, next, replace } = options;
  let { current } = options;
  let stopped = false;
  let timer: Timer;
  const check = async (): Promise<void> => {
    try {
      const fresh = await next();
      if (stopped || same(fresh, current)) return;
      replace(fresh);
      current = fresh;
      logger.info({}, 'the serving certificate was replaced');
    } catch (error) {
      logger.warn({ err: error }, 'the serving certificate stays: a new one cannot be had');
    }
  };
  const later = (): void => {
    timer = clock.after(EVERY_MS, () => void check().then(() => !stopped && later()));
  };
  later();
  return {
    check,
    stop() {
      stopped = true;
      timer.cancel();
      return Promise.resolve();
    },
  };
}

function same<T extends object>(a: T, b: T): boolean {
  const names = Object.keys({ ...a, ...b }) as (keyof T)[];
  return names.every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]));
}
