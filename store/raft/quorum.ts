import type { MemberId } from './entry.ts';

/** The least number of voters of which any two sets overlap. */
export function majority(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** The greatest index that a majority of `voters` has. */
export function committedIndex(
  voters: ReadonlySet<MemberId>,
  matchOf: (id: MemberId) => number,
): number {
  if (voters.size === 0) return 0;
  const matches: number[] = [];
  for (const id of voters) matches.push(matchOf(id));
  matches.sort((a, b) => b - a);
  return matches[majority(voters.size) - 1]!;
}

export type VoteResult = 'won' | 'lost' | 'pending';

export function voteResult(
  voters: ReadonlySet<MemberId>,
  votes: ReadonlyMap<MemberId, boolean>,
): VoteResult {
  let granted = 0;
  let rejected = 0;
  for (const id of voters) {
    const vote = votes.get(id);
    if (vote === true) granted++;
    else if (vote === false) rejected++;
  }
  const needed = majority(voters.size);
  if (granted >= needed) return 'won';
  return voters.size - rejected < needed ? 'lost' : 'pending';
}
