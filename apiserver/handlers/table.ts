import { humanDuration } from '../../api/duration.ts';
import { invalid } from '../../api/field-errors.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { groupResource, type ResourceType } from '../../api/resource.ts';
import { parseTime } from '../../api/time.ts';
import { statusError } from '../../api/status.ts';
import type { ResourceDeclaration, TableColumn, TablePrinter } from '../registry/declaration.ts';
import columnDescriptions from './column-descriptions.json' with { type: 'json' };
import { partialMetadata } from './partial-metadata.ts';

/** What each row carries of its object: the `includeObject` query parameter. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? 'Metadata';
  if (value === '' || value === 'Metadata') return 'Metadata';
  if (value === 'None' || value === 'Object') return value;
  const { field, message } = invalid(
    'includeObject',
    value,
    "must be 'Metadata', 'Object', 'None', or empty",
  );
  throw statusError('BadRequest', `Unable to convert to Table as requested: ${field}: ${message}`);
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

/** A kind and how its objects are printed. */
interface Printed {
  readonly type: ResourceType;
  readonly printer?: ResourceDeclaration['printer'] | undefined;
}

/** meta.k8s.io Table: rows as `kubectl get` prints them. */
export function table(
  declaration: Printed,
  content: {
    readonly objects: readonly KubernetesObject[];
    readonly metadata: TableMetadata;
    /** In a watch only the first Table says what its columns are. */
    readonly withColumns: boolean;
  },
  options: TableOptions,
): Table {
  const { printer = defaultPrinter, type } = declaration;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: content.metadata,
    columnDefinitions: content.withColumns
      ? printer.columns.map((column) => wholeColumn(column, type))
      : null,
    rows: content.objects.map((object) => tableRow(declaration, object, options)),
  };
}

export function tableRow(
  { printer = defaultPrinter }: Printed,
  object: KubernetesObject,
  options: TableOptions,
): object {
  return { cells: printer.cells(object, options.nowMs), object: included(object, options) };
}

/** What is printed of nothing. */
export function emptyCells({ printer = defaultPrinter }: Printed): readonly string[] {
  return printer.columns.map(() => '');
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
function wholeColumn(column: TableColumn, { group, kind }: ResourceType): object {
  const { name, type, format = '', priority = 0 } = column;
  const ofKind = descriptions[groupResource({ group, resource: kind })];
  const description = column.description ?? ofKind?.[name] ?? descriptions['']?.[name] ?? '';
  return { name, type, format, description, priority };
}

/**
 * What kube-apiserver 1.34.1 says of its columns, by kind and group ("Deployment.apps") where it
 * differs from what it says of all (""), and by the column's name.
 */
const descriptions: Readonly<Record<string, Readonly<Record<string, string>>>> = columnDescriptions;

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
