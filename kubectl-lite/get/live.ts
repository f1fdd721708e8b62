/**
 * `get --watch --live`: one table that is drawn anew when something changes, when the window does,
 * and every second, for ages grow. Never more than the window holds.
 */
import { humanDuration } from '../../api/duration.ts';
import { parseTime } from '../../api/time.ts';
import { cellColours } from '../printers/cell-colours.ts';
import { coloured } from '../printers/colour.ts';
import {
  headerCells,
  rowCells,
  type Table,
  type TableRow,
  TableWriter,
} from '../printers/table.ts';
import type { Target } from '../resource/words.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { GetFlags } from './flags.ts';
import { layoutOf, tableOf } from './tables.ts';
import type { Observed } from './watch.ts';

/** Changes that come faster than this are drawn together. */
const REDRAW_MS = 100;
const TICK_MS = 1000;
/** A row that changed stands out for this long. */
const FRESH_MS = 3000;

const HOME_AND_CLEAR = '\u001b[H\u001b[J';

interface LiveRow {
  readonly row: TableRow;
  /** Undefined of what was there from the start. */
  readonly changedMs: number | undefined;
}

export function liveShower(
  session: Session,
  target: Target,
  flags: GetFlags,
): (event: Observed) => void {
  if (!session.environment.interactive) {
    throw new UsageError(
      '--live draws on a terminal: leave it out where the output goes elsewhere',
    );
  }
  const live = new LiveTable(session, target, flags);
  return (event) => live.show(event);
}

class LiveTable {
  readonly #session: Session;
  readonly #target: Target;
  readonly #flags: GetFlags;
  readonly #rows = new Map<string, LiveRow>();
  #columns: Table | undefined;
  #pending = false;
  #drawn = false;

  constructor(session: Session, target: Target, flags: GetFlags) {
    this.#session = session;
    this.#target = target;
    this.#flags = flags;
    const stopSizes = session.environment.terminal.onResize(() => this.#soon());
    session.signal.addEventListener('abort', stopSizes, { once: true });
  }

  show({ type: happened, object }: Observed): void {
    const table = tableOf(this.#session, object);
    if (this.#columns === undefined) this.#tick();
    this.#columns ??= table;
    for (const row of table.rows) {
      const { namespace = '', name = '' } = row.object?.metadata ?? {};
      const key = `${namespace}/${name}`;
      const changedMs = this.#drawn ? this.#session.clock.monotonic() : undefined;
      if (happened === 'DELETED') this.#rows.delete(key);
      else this.#rows.set(key, { row, changedMs });
    }
    this.#soon();
  }

  #tick(): void {
    this.#session.clock.after(TICK_MS, () => {
      if (this.#session.signal.aborted) return;
      this.#draw();
      this.#tick();
    });
  }

  #soon(): void {
    if (this.#pending) return;
    this.#pending = true;
    this.#session.clock.after(REDRAW_MS, () => this.#draw());
  }

  #draw(): void {
    this.#pending = false;
    const columns = this.#columns;
    if (columns === undefined || this.#session.signal.aborted) return;
    this.#drawn = true;
    const layout = layoutOf(this.#target.type, this.#flags, false);
    const header = headerCells(columns, layout);
    const sorted = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    const cells = rowCells(
      columns,
      sorted.map(({ row }) => withAge(columns, row, this.#session.clock.now())),
      layout,
    );
    const writer = new TableWriter();
    const now = this.#session.clock.monotonic();
    const fresh = new Set(
      cells.filter((_, at) => now - (sorted[at]!.changedMs ?? -FRESH_MS) < FRESH_MS),
    );
    const plain = cellColours(this.#session, header);
    // Its name says that the row is new; its other cells keep the colours of what they say.
    writer.paint = (cell, column, row) =>
      fresh.has(row as string[]) && header[column] === 'NAME'
        ? coloured(this.#session, 'green', cell)
        : plain(cell, column, row);
    const lines = writer.lines(this.#flags['no-headers'] ? cells : [header, ...cells]);
    this.#session.output.out(`${HOME_AND_CLEAR}${this.#fitting(lines).join('\n')}\n`);
  }

  /** The last line of the window stays free for the cursor. */
  #fitting(lines: readonly string[]): readonly string[] {
    const size = this.#session.environment.terminal.size();
    if (size === undefined) return lines;
    const cut = lines.map((line) => cutTo(size.width, line));
    if (lines.length < size.height) return cut;
    const shown = Math.max(size.height - 2, 1);
    return [...cut.slice(0, shown), `… and ${lines.length - shown} more`];
  }
}

/** So many characters of a line, with all its colours: these take no room. */
function cutTo(width: number, line: string): string {
  let room = width;

  return line.replaceAll(/(\u001b\[\d+m)|./gu, (part, colour?: string) =>
    colour !== undefined || room-- > 0 ? part : '',
  );
}

/** The row with its age as it is now: servers tell that of the moment they were asked. */
function withAge(columns: Table, row: TableRow, nowMs: number): TableRow {
  const created = parseTime(row.object?.metadata?.creationTimestamp ?? '');
  if (created === undefined) return row;
  const cells = row.cells.map((cell, at) =>
    columns.columnDefinitions[at]?.name === 'Age' ? humanDuration(nowMs - created) : cell,
  );
  return { ...row, cells };
}
