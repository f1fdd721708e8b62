import { humanDuration } from '../../api/duration.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { parseTime } from '../../api/time.ts';
import { statusError } from '../../api/status.ts';
import type { ResourceDeclaration, TableColumn, TablePrinter } from '../registry/declaration.ts';
import { partialMetadata } from './partial-metadata.ts';

/** What each row carries of its object: the `includeObject` query parameter. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? 'Metadata';
  if (value === '' || value === 'Metadata') return 'Metadata';
  if (value === 'None' || value === 'Object') return value;
  throw statusError('BadRequest', `unrecognized includeObject value: ${JSON.stringify(value)}`);
}

export interface TableOptions {
  readonly version: 'v1' | 'v1beta1';
  readonly include: IncludeObject;
  readonly nowMs: number;
}

/** Metadata of the Table itself: those of a list, or the object's resourceVersion. */
export interface TableMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface Table extends Readonly<Record<string, unknown>> {
  readonly metadata: TableMetadata;
  readonly rows: readonly object[];
}

/** meta.k8s.io Table: rows as `kubectl get` prints them. */
export function table(
  declaration: ResourceDeclaration,
  content: {
    readonly objects: readonly KubernetesObject[];
    readonly metadata: TableMetadata;
    /** In a watch only the first Table says what its columns are. */
    readonly withColumns: boolean;
  },
  options: TableOptions,
): Table {
  const printer = declaration.printer ?? defaultPrinter;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: content.metadata,
    columnDefinitions: content.withColumns ? printer.columns.map(wholeColumn) : null,
    rows: content.objects.map((object) => tableRow(declaration, object, options)),
  };
}

export function tableRow(
  { printer = defaultPrinter }: ResourceDeclaration,
  object: KubernetesObject,
  options: TableOptions,
): object {
  return { cells: printer.cells(object, options.nowMs), object: included(object, options) };
}

function included(object: KubernetesObject, options: TableOptions): object | null {
  switch (options.include) {
    case 'None':
      return null;
    case 'Metadata':
      return partialMetadata(object, options.version);
    case 'Object':
      return object;
  }
}

/** Go leaves none of these fields out. */
function wholeColumn(column: TableColumn): object {
  const { name, type, format = '', description = '', priority = 0 } = column;
  return { name, type, format, description, priority };
}

const defaultPrinter: TablePrinter<KubernetesObject> = {
  columns: [
    { name: 'Name', type: 'string', format: 'name' },
    { name: 'Age', type: 'string' },
  ],
  cells: ({ metadata }, nowMs) => {
    const created = parseTime(metadata.creationTimestamp ?? '');
    const age = created === undefined ? '<unknown>' : humanDuration(nowMs - created);
    return [metadata.name ?? '', age];
  },
};
