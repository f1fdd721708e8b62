import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { Random } from './random.ts';

/** The effects that nearly every part is given; the options of a part extend this. */
export interface Effects {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Just these of a value that has more: what a part hands on to the parts that it builds. */
export function effectsOf({ clock, random, logger }: Effects): Effects {
  return { clock, random, logger };
}
