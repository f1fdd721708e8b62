/** Rows that are measured on us and on a peer by turns. */
import type { Row } from './report.ts';
import { rows, runs, say } from './suite.ts';

type Shown = Pick<Row, 'work' | 'unit' | 'goal'>;

/** Ours first; the peer, if it is installed, second. */
export interface Sides<T> {
  readonly sides: readonly T[];
  /** "etcd 3.4.23" */
  readonly peerName: string | undefined;
}

/** Several figures of one run become a row each. */
export async function contest<T>(
  shown: readonly Shown[],
  { sides, peerName }: Sides<T>,
  measure: (side: T) => Promise<readonly number[]>,
): Promise<void> {
  say(shown[0]!.work);
  const figures: (readonly number[])[][] = sides.map(() => []);
  for (let run = 0; run < runs; run++)
    for (const [side, each] of sides.entries()) figures[side]!.push(await measure(each));
  for (const [index, row] of shown.entries()) {
    const [our, their] = figures.map((side) => side.map((run) => run[index]!));
    const compared = their === undefined ? {} : { peer: their, peerName: peerName! };
    rows.push({ ...row, ours: our!, ...compared });
  }
}
