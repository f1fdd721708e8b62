import type { Effects } from '../effects.ts';
import type { Logger } from '../logger.ts';
import { realClock } from './clock.ts';
import { realRandom } from './random.ts';

/** This machine's time and randomness, beside the log of one component. */
export function realEffects(logger: Logger): Effects {
  return { clock: realClock, random: realRandom, logger };
}
