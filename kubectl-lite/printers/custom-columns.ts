import type { Files } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { relaxedPath, valuesAt } from './jsonpath.ts';
import type { PathStep } from '../../api/jsonpath/parse.ts';
import { goText } from './go-text.ts';
import { templateIn } from './printer.ts';
import { TableWriter } from './table.ts';

interface Column {
  readonly header: string;
  /** Undefined: no path was given, and there is nothing to show. */
  readonly path: readonly PathStep[] | undefined;
}

/** "NAME:.metadata.name,IMAGE:.spec.containers[*].image" */
export function parseColumns(spec: string): Column[] {
  if (spec === '')
    throw new UsageError('custom-columns format specified but no custom columns given');
  return spec.split(',').map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0) {
      throw new UsageError(
        `unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`,
      );
    }
    return { header: part.slice(0, colon), path: columnPath(part.slice(colon + 1)) };
  });
}

const columnPath = (path: string): Column['path'] => (path === '' ? undefined : relaxedPath(path));

/** Columns from a file. */
export async function readColumns(files: Files, path: string): Promise<Column[]> {
  if (path === '') return parseColumns('');
  return parseColumnsFile(await templateIn(files, path, 'template '));
}

/** Two lines: the headers, and below each its path, apart by blanks. */
function parseColumnsFile(content: string): Column[] {
  const [headers, paths] = content.split('\n');
  for (const [line, what] of [
    [headers, 'header'],
    [paths, 'spec'],
  ] as const) {
    if (line !== undefined && line !== '') continue;
    throw new UsageError(
      `invalid template, missing ${what} line. Expected format is one line of space separated ` +
        'headers, one line of space separated column specs.',
    );
  }
  const headerWords = headers!.trim().split(/\s+/);
  const pathWords = paths!.trim().split(/\s+/);
  if (headerWords.length !== pathWords.length) {
    throw new UsageError(
      `number of headers (${headerWords.length}) and field specifications ` +
        `(${pathWords.length}) don't match`,
    );
  }
  return headerWords.map((header, i) => ({ header, path: columnPath(pathWords[i]!) }));
}

export function printColumns(
  columns: readonly Column[],
  objects: readonly unknown[],
  withHeaders: boolean,
): string[] {
  const rows = objects.map((object) => columns.map(({ path }) => cellOf(path, object)));
  const headers = withHeaders ? [columns.map(({ header }) => header)] : [];
  return new TableWriter().lines([...headers, ...rows]);
}

function cellOf(path: Column['path'], object: unknown): string {
  const found = path === undefined ? [] : valuesAt(path, object).map(goText);
  return found.length === 0 ? '<none>' : found.join(',');
}
