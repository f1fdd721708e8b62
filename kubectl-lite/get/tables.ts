/** `get` in tables: rows as the server lays them out, types one after the other. */
import { cellColours } from '../printers/cell-colours.ts';
import {
  headerCells,
  rowCells,
  type Table,
  type TableLayout,
  type TableRow,
  TableWriter,
} from '../printers/table.ts';
import { pages } from '../resource/list.ts';
import type { DiscoveredResource } from '../resource/discover.ts';
import { displayName, pathOf } from '../resource/resources.ts';
import type { Target } from '../resource/words.ts';
import type { Session } from '../session.ts';
import type { GetFlags } from './flags.ts';
import { namespaceOf } from './namespace.ts';
import { sorted } from './sort.ts';
import { humanDuration } from '../../api/duration.ts';
import { parseTime } from '../../api/time.ts';
import { isStatus } from '../../api/status.ts';

export const AS_TABLE =
  'application/json;as=Table;v=v1;g=meta.k8s.io,' +
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

export interface TypedTable {
  readonly type: DiscoveredResource;
  readonly table: Table;
}

/** The Table of one object, or of all pages of a collection. */
export async function readTable(session: Session, target: Target, flags: GetFlags): Promise<Table> {
  const { type, name } = target;
  const path =
    pathOf(type, namespaceOf(session, target, flags), name) +
    (flags.subresource && `/${flags.subresource}`);
  const accept = flags['server-print'] ? AS_TABLE : 'application/json';
  // Rows are sorted by what is in the whole object; labels come with its metadata anyway.
  const sorts = flags['sort-by'] !== '';
  const query = sorts ? { includeObject: 'Object' } : {};
  const chunk = sorts ? 0 : flags['chunk-size'];
  if (name !== undefined) {
    const answer = await session.api.send({ method: 'GET', path, accept, query });
    return tableOf(session, answer);
  }
  const request = {
    path,
    accept,
    query,
    labelSelector: flags.selector,
    fieldSelector: flags['field-selector'],
  };
  const collect = async (limit: number): Promise<Table> => {
    let whole: Table | undefined;
    for await (const answer of pages<object>(session, { ...request, limit })) {
      const page = tableOf(session, answer);
      whole =
        whole === undefined
          ? { ...page, rows: [...page.rows] }
          : { ...whole, rows: [...whole.rows, ...page.rows] };
    }
    return whole!;
  };
  try {
    return await collect(chunk);
  } catch (error) {
    if (!isStatus(error, 'Expired') || chunk === 0) throw error;
    return collect(0);
  }
}

/** A server that knows no Tables sends objects: name and age are what can be said of any. */
export function tableOf(session: Session, answer: unknown): Table {
  if ((answer as { kind?: string }).kind === 'Table') {
    const table = answer as Table;
    return { ...table, rows: table.rows ?? [] };
  }
  const list = answer as { items?: NonNullable<TableRow['object']>[]; metadata?: object };
  const objects = list.items ?? [answer as NonNullable<TableRow['object']>];
  const ageOf = (object: NonNullable<TableRow['object']>): string => {
    const at = parseTime(object.metadata?.creationTimestamp ?? '');
    return at === undefined ? '<unknown>' : humanDuration(session.clock.now() - at);
  };
  return {
    columnDefinitions: [{ name: 'Name' }, { name: 'Age' }],
    rows: objects.map((object) => ({ cells: [object.metadata?.name, ageOf(object)], object })),
    metadata: list.metadata ?? {},
  };
}

export function layoutOf(
  type: DiscoveredResource,
  flags: GetFlags,
  withKind: boolean,
): TableLayout {
  return {
    wide: flags.output === 'wide',
    withNamespace: flags['all-namespaces'] && type.namespaced,
    namePrefix: withKind || flags['show-kind'] ? displayName(type, '') : '',
    showLabels: flags['show-labels'],
    labelColumns: flags['label-columns'],
  };
}

/** Prints the tables, each run of one type under one header; returns how many rows there were. */
export function printTables(
  session: Session,
  tables: readonly TypedTable[],
  options: { readonly flags: GetFlags; readonly withKind: boolean },
): number {
  const { flags, withKind } = options;
  let printed = 0;
  let last: DiscoveredResource | undefined;
  let writer = new TableWriter();
  let lines: string[][] = [];
  const flush = (): void => {
    for (const line of writer.lines(lines)) session.print(line);
    lines = [];
    writer = new TableWriter();
  };
  for (const { type, table } of tables) {
    if (table.rows.length === 0) continue;
    const layout = layoutOf(type, flags, withKind);
    if (type !== last) {
      if (last !== undefined) {
        flush();
        session.print('');
      }
      const header = headerCells(table, layout);
      writer.paint = cellColours(session, header);
      if (!flags['no-headers']) lines.push(header);
      last = type;
    }
    lines.push(
      ...rowCells(
        table,
        sorted(table.rows, flags['sort-by'], (row) => row.object),
        layout,
      ),
    );
    printed += table.rows.length;
  }
  flush();
  return printed;
}
