/** Notices that the wall clock was set, or that the machine slept: both move it against time. */
import type { Clock, Timer } from './clock.ts';
import type { Running } from './lifecycle.ts';
import type { Logger } from './logger.ts';

const EVERY_MS = 10_000;
/** Less is how clocks are kept right. */
const JUMP_MS = 2_000;

export interface ClockWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told by how much, negative for backwards. */
  readonly onJump?: (jumpedMs: number) => void;
}

export function watchClock({ clock, logger, onJump }: ClockWatchOptions): Running {
  let wall = clock.now();
  let steady = clock.monotonic();
  let timer: Timer;
  const look = (): void => {
    const jumpedMs = clock.now() - wall - (clock.monotonic() - steady);
    if (Math.abs(jumpedMs) >= JUMP_MS) {
      const seconds = Math.round(jumpedMs / 1000);
      logger.warn(
        { seconds },
        `the clock of this machine jumped by ${seconds} s: certificates and times in objects ` +
          'follow it, leases and timeouts do not; keep it right with NTP',
      );
      onJump?.(jumpedMs);
    }
    wall = clock.now();
    steady = clock.monotonic();
    timer = clock.after(EVERY_MS, look);
  };
  timer = clock.after(EVERY_MS, look);
  return {
    stop() {
      timer.cancel();
      return Promise.resolve();
    },
  };
}
