/** Our store and etcd, by turns. */
import { join } from 'node:path';
import { contest as contestOf } from '../contest.ts';
import { folder } from '../suite.ts';
import { etcd, Members, ours, type Contender } from './members.ts';

const peer = etcd();
export const contenders: readonly Contender[] = peer === undefined ? [ours] : [ours, peer];

let clusters = 0;
/** Each in a folder of its own. */
export const start = (contender: Contender, count: number): Promise<Members> =>
  Members.start(contender, count, join(folder, `store-${clusters++}`));

export const contest = <T>(
  shown: Parameters<typeof contestOf>[0],
  sides: readonly T[],
  measure: (side: T) => Promise<readonly number[]>,
): Promise<void> => contestOf(shown, { sides, peerName: peer?.name }, measure);
