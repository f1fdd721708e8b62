import { type Random, randomSuffix } from '../../platform/random.ts';

/** Kubernetes' servers make suffixes of five. */
const SUFFIX_LENGTH = 5;

/**
 * As a server would make it up. Made up here, what may or may not have been created can be asked
 * after, and tried again without making two.
 */
export const generatedName = (prefix: string, random: Random): string =>
  prefix + randomSuffix(random, SUFFIX_LENGTH);
