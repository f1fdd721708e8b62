/** Rows that are measured on us and on etcd by turns. */
import { join } from 'node:path';
import type { Row } from '../report.ts';
import { folder, rows, runs, say } from '../suite.ts';
import { etcd, Members, ours, type Contender } from './members.ts';

export const peer = etcd();
export const contenders: readonly Contender[] = peer === undefined ? [ours] : [ours, peer];

let clusters = 0;
/** Each in a folder of its own. */
export const start = (contender: Contender, count: number): Promise<Members> =>
  Members.start(contender, count, join(folder, `store-${clusters++}`));

type Shown = Pick<Row, 'work' | 'unit' | 'goal'>;

/** Several figures of one run become a row each. */
export async function contest<T>(
  shown: readonly Shown[],
  sides: readonly T[],
  measure: (side: T) => Promise<readonly number[]>,
): Promise<void> {
  say(shown[0]!.work);
  const figures: (readonly number[])[][] = sides.map(() => []);
  for (let run = 0; run < runs; run++)
    for (const [side, each] of sides.entries()) figures[side]!.push(await measure(each));
  for (const [index, row] of shown.entries()) {
    const [our, their] = figures.map((side) => side.map((run) => run[index]!));
    const compared = peer === undefined ? {} : { peer: their!, peerName: peer.name };
    rows.push({ ...row, ours: our!, ...compared });
  }
}
