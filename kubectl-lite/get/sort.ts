/** `--sort-by`. */
import { compareQuantities, parseQuantity, type Quantity } from '../../api/quantity.ts';
import { pathText, relaxedPath, valuesAt } from '../printers/jsonpath.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Stable; what has no value at the path comes first. If nothing has one, the path is a mistake,
 * which does not show where there is nothing to sort.
 */
export function sorted<T>(
  items: readonly T[],
  sortBy: string,
  objectOf: (item: T) => unknown,
): readonly T[] {
  if (sortBy === '' || items.length < 2) return items;
  const path = relaxedPath(sortBy);
  const keyed = items.map((item) => ({ item, key: valuesAt(path, objectOf(item))[0] }));
  if (keyed.every(({ key }) => key === undefined)) {
    const shown = JSON.stringify(pathText(sortBy));
    throw new UsageError(`couldn't find any field with path ${shown} in the list of objects`);
  }
  keyed.sort((a, b) => compareValues(a.key, b.key));
  return keyed.map(({ item }) => item);
}

/** Numbers by size, texts that are quantities, too. */
function compareValues(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a !== 'string' || typeof b !== 'string') throw unsortable(a);
  const [x, y] = [quantityOf(a), quantityOf(b)];
  if (x !== undefined && y !== undefined) return compareQuantities(x, y);
  return a < b ? -1 : Number(a > b);
}

function quantityOf(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch {
    return undefined;
  }
}

function unsortable(value: unknown): UsageError {
  const structure = Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
  return new UsageError(`unsortable type: ${typeof value === 'object' ? structure : typeof value}`);
}
