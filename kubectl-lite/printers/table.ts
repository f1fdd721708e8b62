/** A cell with its colour; what it returns takes as much room on the screen as the cell. */
export type Paint = (cell: string, column: number, row: readonly string[]) => string;

/**
 * Text tables as kubectl prints them: columns three blanks apart and at least six wide, the last
 * one never padded. Widths are remembered, so that rows of a watch line up with those before.
 */
export class TableWriter {
  readonly #widths: number[] = [];
  /** May be set before the first line: when the header is known. */
  paint: Paint = (cell) => cell;

  /** Lines for `rows`, padded to the widest cell seen so far in each column. */
  lines(rows: readonly (readonly string[])[]): string[] {
    for (const row of rows) {
      row.forEach((cell, i) => {
        this.#widths[i] = Math.max(this.#widths[i] ?? MIN_WIDTH, cell.length + PADDING);
      });
    }
    return rows.map((row) =>
      row
        .map((cell, i) => {
          const room = i === row.length - 1 ? 0 : this.#widths[i]! - cell.length;
          return this.paint(cell, i, row) + ' '.repeat(room);
        })
        .join(''),
    );
  }
}

const MIN_WIDTH = 6;
const PADDING = 3;

/** meta.k8s.io/v1 Table, as far as a printer reads it. */
export interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows: readonly TableRow[];
  readonly metadata?: { readonly resourceVersion?: string };
}

export interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: { readonly metadata?: RowMetadata };
}

export interface RowMetadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TableLayout {
  /** Show columns of priority > 0. */
  readonly wide: boolean;
  /** Put the row object's namespace first. */
  readonly withNamespace: boolean;
  /** Prepended to the name: "pod/" when several types are printed. */
  readonly namePrefix: string;
  readonly showLabels: boolean;
  /** Labels that get a column of their own. */
  readonly labelColumns: readonly string[];
}

export function headerCells(table: Table, layout: TableLayout): string[] {
  const shown = visibleColumns(table, layout).map((i) =>
    table.columnDefinitions[i]!.name.toUpperCase(),
  );
  for (const label of layout.labelColumns) shown.push(label.split('/').at(-1)!.toUpperCase());
  if (layout.showLabels) shown.push('LABELS');
  return layout.withNamespace ? ['NAMESPACE', ...shown] : shown;
}

/** One line of cells per row, in the order of {@link headerCells}. */
export function rowCells(table: Table, rows: readonly TableRow[], layout: TableLayout): string[][] {
  const columns = visibleColumns(table, layout);
  const nameAt = table.columnDefinitions.findIndex((column) => column.name === 'Name');
  return rows.map((row) => {
    const labels = row.object?.metadata?.labels;
    const cells = columns.map((i) =>
      i === nameAt ? layout.namePrefix + cellText(row.cells[i]) : cellText(row.cells[i]),
    );
    for (const label of layout.labelColumns) cells.push(labels?.[label] ?? '');
    if (layout.showLabels) cells.push(labelsText(labels));
    return layout.withNamespace ? [row.object?.metadata?.namespace ?? '', ...cells] : cells;
  });
}

function visibleColumns(table: Table, layout: TableLayout): number[] {
  return table.columnDefinitions.flatMap((column, i) =>
    layout.wide || (column.priority ?? 0) === 0 ? [i] : [],
  );
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}

/** "a=1,b=2", or "<none>". */
function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}
