/** `get --watch --live`: one table that is drawn anew when something changes. */
import { coloured } from '../printers/colour.ts';
import { headerCells, rowCells, type Table, TableWriter } from '../printers/table.ts';
import type { Target } from '../resource/words.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { GetFlags } from './flags.ts';
import { layoutOf, tableOf } from './tables.ts';
import type { Observed } from './watch.ts';

/** Changes that come faster than this are drawn together. */
const REDRAW_MS = 100;
/** A row that changed stands out for this long. */
const FRESH_MS = 3000;

const HOME_AND_CLEAR = '\u001b[H\u001b[J';

interface LiveRow {
  readonly row: Table['rows'][number];
  readonly changedMs: number;
}

export function liveShower(
  session: Session,
  { type }: Target,
  flags: GetFlags,
): (event: Observed) => void {
  if (!session.environment.interactive) {
    throw new UsageError(
      '--live draws on a terminal: leave it out where the output goes elsewhere',
    );
  }
  const layout = layoutOf(type, flags, false);
  const rows = new Map<string, LiveRow>();
  let columns: Table | undefined;
  let pending = false;

  const draw = (): void => {
    pending = false;
    if (columns === undefined) return;
    const now = session.clock.monotonic();
    const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    const cells = sorted.map(({ row }) => rowCells(columns!, [row], layout)[0]!);
    const header = flags['no-headers'] ? [] : [headerCells(columns, layout)];
    const lines = new TableWriter().lines([...header, ...cells]);
    const drawn = lines.map((line, at) => {
      const row = sorted[at - header.length];
      const fresh = row !== undefined && now - row.changedMs < FRESH_MS;
      return fresh ? coloured(session, 'yellow', line) : line;
    });
    session.output.out(`${HOME_AND_CLEAR}${drawn.join('\n')}\n`);
  };

  return ({ type: happened, object }) => {
    const table = tableOf(session, object);
    columns ??= table;
    for (const row of table.rows) {
      const { namespace = '', name = '' } = row.object?.metadata ?? {};
      const key = `${namespace}/${name}`;
      if (happened === 'DELETED') rows.delete(key);
      else rows.set(key, { row, changedMs: session.clock.monotonic() });
    }
    if (pending) return;
    pending = true;
    session.clock.after(REDRAW_MS, draw);
  };
}
