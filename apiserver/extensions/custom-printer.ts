/** The columns of a custom resource: `additionalPrinterColumns`, as `kubectl get` prints them. */
import { humanDuration } from '../../api/duration.ts';
import { evaluate } from '../../api/jsonpath/evaluate.ts';
import { JsonPathError, parseSteps, type PathStep } from '../../api/jsonpath/parse.ts';
import { isNumber } from '../../api/long-integer.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { parseTime } from '../../api/time.ts';
import type { CustomResourceColumnDefinition } from '../../api/types/apiextensions-v1.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { TableColumn, TablePrinter } from '../registry/declaration.ts';

const NAME: TableColumn = { name: 'Name', type: 'string', format: 'name' };
/** What there is without columns of one's own. It is described as that of every kind is. */
const AGE = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' } as const;

type Cell = string | number | bigint | boolean | null;

export function customPrinter(
  columns: readonly CustomResourceColumnDefinition[] | undefined,
): TablePrinter<KubernetesObject> {
  const isBare = columns === undefined || columns.length === 0;
  const shown = isBare ? [AGE] : columns;
  let paths: readonly (readonly PathStep[])[] | undefined;
  return {
    columns: [NAME, ...(isBare ? [AGE] : shown.map(columnOf))],
    cells(object, nowMs) {
      paths ??= shown.map(({ jsonPath }) => parsed(jsonPath));
      const cells: Cell[] = [object.metadata.name ?? ''];
      for (const [i, { type }] of shown.entries())
        cells.push(cellOf(type, firstAt(paths[i]!, object), nowMs));
      return cells;
    },
  };
}

function columnOf(column: CustomResourceColumnDefinition): TableColumn {
  const { name, type, format, priority, jsonPath } = column;
  const description =
    column.description || `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return {
    name,
    type: type as TableColumn['type'],
    description,
    ...(format === undefined ? {} : { format }),
    ...(priority === undefined ? {} : { priority }),
  };
}

/** A path that is none finds nothing, as a definition stored before it was checked may have. */
function parsed(path: string): readonly PathStep[] {
  try {
    return parseSteps(path);
  } catch (error) {
    if (error instanceof JsonPathError) return [{ step: 'union', members: [] }];
    throw error;
  }
}

function firstAt(path: readonly PathStep[], object: unknown): unknown {
  try {
    return evaluate(path, object, object)[0];
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

function cellOf(type: string, value: unknown, nowMs: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number'
        ? Math.trunc(value)
        : typeof value === 'bigint'
          ? value
          : null;
    case 'number':
      return isNumber(value) ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'string':
      return typeof value === 'string' ? value : jsonText(value);
    case 'date': {
      const ms = typeof value === 'string' ? parseTime(value) : undefined;
      if (typeof value !== 'string') return null;
      return ms === undefined ? '<invalid>' : humanDuration(nowMs - ms);
    }
    default:
      return null;
  }
}
