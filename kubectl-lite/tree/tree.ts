import { humanDuration } from '../../api/duration.ts';
import { parseTime } from '../../api/time.ts';
import { command } from '../command.ts';
import { coloured } from '../printers/colour.ts';
import { TableWriter } from '../printers/table.ts';
import { locate, visitLive } from '../resource/builder.ts';
import type { Session } from '../session.ts';
import { type Family, familyOf } from './family.ts';
import { readinessOf } from './readiness.ts';

export const tree = command({
  usage: '(TYPE NAME | TYPE/NAME) [options]',
  flags: {},
  async run(session, { words }) {
    const found = await locate(session, { words });
    return visitLive(session, found, async (located, live) => {
      const family = await familyOf(session, located, live);
      const rows = rowsOf(session, family, { first: '', rest: '' });
      const lines = new TableWriter().lines([
        ['NAME', 'READY', 'STATUS', 'AGE'],
        ...rows.map(({ cells }) => cells),
      ]);
      lines.forEach((line, at) => {
        const row = rows[at - 1];
        const asked = row?.uid === live.metadata.uid && at > 1;
        if (row?.healthy === false) session.print(coloured(session, 'red', line));
        else session.print(asked ? coloured(session, 'bold', line) : line);
      });
    });
  },
});

interface Row {
  readonly cells: string[];
  readonly healthy: boolean | undefined;
  readonly uid: string | undefined;
}

/** `first` stands before the member's own line, `rest` before those of its children. */
function rowsOf(
  session: Session,
  { member, object, children }: Family,
  lead: { readonly first: string; readonly rest: string },
): Row[] {
  const { ready, status, healthy } = readinessOf(object);
  const created = parseTime(object.metadata.creationTimestamp ?? '');
  const age = created === undefined ? '' : humanDuration(session.clock.now() - created);
  const cells = [`${lead.first}${member.type.kind}/${member.name}`, ready, status, age];
  const rows = children.flatMap((child, at) => {
    const last = at === children.length - 1;
    return rowsOf(session, child, {
      first: `${lead.rest}${last ? '└─' : '├─'}`,
      rest: `${lead.rest}${last ? '  ' : '│ '}`,
    });
  });
  return [{ cells, healthy, uid: object.metadata.uid }, ...rows];
}
