import { UsageError } from '../usage-error.ts';
import { relaxedPath, valuesAt } from './jsonpath.ts';
import type { PathStep } from '../../api/jsonpath/parse.ts';
import { goText } from './go-text.ts';
import { TableWriter } from './table.ts';

interface Column {
  readonly header: string;
  readonly path: readonly PathStep[];
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
    return { header: part.slice(0, colon), path: relaxedPath(part.slice(colon + 1)) };
  });
}

/** A file of two lines: the headers, and below each its path, apart by blanks. */
export function parseColumnsFile(content: string): Column[] {
  const [headers = '', paths = ''] = content.split('\n');
  const headerWords = headers.trim().split(/\s+/);
  const pathWords = paths.trim().split(/\s+/);
  if (headerWords.length !== pathWords.length) {
    throw new UsageError(
      `number of headers (${headerWords.length}) and field specifications ` +
        `(${pathWords.length}) don't match`,
    );
  }
  return headerWords.map((header, i) => ({ header, path: relaxedPath(pathWords[i]!) }));
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

function cellOf(path: readonly PathStep[], object: unknown): string {
  const found = valuesAt(path, object).map(goText);
  return found.length === 0 ? '<none>' : found.join(',');
}
