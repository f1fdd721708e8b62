/** What stands out in a table on a terminal: red what is wrong, yellow what is not there yet. */
import type { Session } from '../session.ts';
import { type Colour, coloured } from './colour.ts';
import type { Paint } from './table.ts';

const WRONG =
  /BackOff|Err|Fail|Invalid|NotReady|OOMKilled|Evicted|Unknown|Lost|Denied|DeadlineExceeded|^False/;
const NOT_YET =
  /^(Pending|ContainerCreating|PodInitializing|Terminating|Released|Init:|Warning)|Scheduling/;
/** Columns whose words are of a closed set; names and messages are left as they are. */
const judged = ['STATUS', 'TYPE', 'CONDITION', 'AVAILABLE'];

/** Colours of the cells below this header. */
export function cellColours(session: Session, header: readonly string[]): Paint {
  const status = header.indexOf('STATUS');
  return (cell, column, row) => {
    const over = row[status] === 'Completed';
    const colour = over ? undefined : colourOf(header[column] ?? '', cell);
    return colour === undefined ? cell : coloured(session, colour, cell);
  };
}

function colourOf(header: string, cell: string): Colour | undefined {
  if (header === 'READY') {
    const [, ready, wanted] = /^(\d+)\/(\d+)$/.exec(cell) ?? [];
    return ready === wanted ? undefined : 'yellow';
  }
  if (!judged.includes(header)) return undefined;
  if (WRONG.test(cell)) return 'red';
  return NOT_YET.test(cell) ? 'yellow' : undefined;
}
