/** What everything is called. Few names, so that people get in each other's way. */
import type { SeededRandom } from '../../time.ts';

/** Stays for ever. */
export const HOME = 'default';
/** Comes and goes, and has a quota at times. */
export const TEAM = 'team';
/** The class of volumes that nobody provisions. */
export const STATIC = 'static';
export const MERGE = 'application/merge-patch+json';

export const anyNamespace = (random: SeededRandom): string => (random.oneIn(4) ? TEAM : HOME);
