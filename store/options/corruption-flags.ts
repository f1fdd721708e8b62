/** Flags of the checks for corruption, under the names of etcd 3.4 to 3.6. */
import type { CorruptionSettings } from '../replica/options.ts';
import { parseFeatureGates, type FeatureGates } from './feature-gates.ts';
import { boolean, milliseconds, type Row } from './flag-values.ts';

export interface CorruptionFlags {
  /** Milliseconds; absent or 0: never. */
  readonly corruptCheckTime?: number;
  /** Milliseconds. */
  readonly compactHashCheckTime?: number;
  readonly experimentalInitialCorruptCheck: boolean;
  readonly experimentalCompactHashCheckEnabled: boolean;
  readonly featureGates?: FeatureGates;
}

const COMPACT_HASH_CHECK_MS = 60_000;

export const corruptionRows: readonly Row[] = [
  {
    flags: '--feature-gates <gates>',
    text:
      'InitialCorruptCheck=true: do not serve data that differs from what others hold; ' +
      'CompactHashCheck=true: compare what members held at compactions',
    parse: parseFeatureGates,
  },
  {
    flags: '--corrupt-check-time <duration>',
    text: 'after which the leader compares what members hold, again and again (default: never)',
    parse: milliseconds,
  },
  {
    flags: '--compact-hash-check-time <duration>',
    text: 'after which it compares what they held at compactions (default: 1m)',
    parse: milliseconds,
  },
  {
    flags: '--experimental-initial-corrupt-check [true|false]',
    text: 'the gate InitialCorruptCheck, as etcd 3.4 and 3.5 call it',
    parse: boolean,
    fallback: false,
  },
  {
    flags: '--experimental-compact-hash-check-enabled [true|false]',
    text: 'the gate CompactHashCheck, as etcd 3.5 calls it',
    parse: boolean,
    fallback: false,
  },
];

export function corruptionOf(flags: CorruptionFlags): CorruptionSettings {
  const { InitialCorruptCheck, CompactHashCheck } = flags.featureGates ?? {};
  const checksCompactions = CompactHashCheck ?? flags.experimentalCompactHashCheckEnabled;
  return {
    initial: InitialCorruptCheck ?? flags.experimentalInitialCorruptCheck,
    everyMs: flags.corruptCheckTime ?? 0,
    compactHashEveryMs: checksCompactions
      ? (flags.compactHashCheckTime ?? COMPACT_HASH_CHECK_MS)
      : 0,
  };
}
