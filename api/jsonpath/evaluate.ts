import { JsonPathError, type PathFilter, type PathStep } from './parse.ts';

/** What the steps lead to from `current`; empty where a key is missing. */
export function evaluate(steps: readonly PathStep[], root: unknown, current: unknown): unknown[] {
  let values: unknown[] = [current];
  for (const step of steps) {
    // Of a union, what the first member finds everywhere comes before what the second does.
    values =
      step.step === 'union'
        ? step.members.flatMap((member) => values.flatMap((value) => evaluate(member, root, value)))
        : values.flatMap((value) => follow(step, root, value));
  }
  return values;
}

function follow(
  step: Exclude<PathStep, { step: 'union' }>,
  root: unknown,
  value: unknown,
): unknown[] {
  switch (step.step) {
    case 'root':
      return [root];
    case 'current':
      return [value];
    case 'literal':
      return [step.value];
    case 'wildcard':
      return members(value);
    case 'recursive':
      return descendants(value);
    case 'field':
      return fieldOf(value, step.name);
    case 'index':
      return isList(value) ? indexed(value, step.at) : [];
    case 'slice':
      return isList(value) ? sliced(value, step) : [];
    case 'filter': {
      const list: unknown[] = Array.isArray(value) ? value : [value];
      return list.filter((item) => matches(step.filter, root, item));
    }
  }
}

/** False for what is not there. Throws JsonPathError for what has no elements. */
function isList(value: unknown): value is unknown[] {
  if (Array.isArray(value)) return true;
  if (value === null || value === undefined) return false;
  throw new JsonPathError(`${goTypeOf(value)} is not array or slice`);
}

function goTypeOf(value: unknown): string {
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number') return typeof value;
  return Number.isInteger(value) ? 'int64' : 'float64';
}

function fieldOf(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.hasOwn(value, name) ? [(value as Record<string, unknown>)[name]] : [];
}

/** A map's members come in the order of their keys, as Go's template engine visits maps. */
function members(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, member]) => member as unknown);
}

function descendants(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...members(value).flatMap(descendants)];
}

function indexed(list: readonly unknown[], at: number): unknown[] {
  const index = at < 0 ? list.length + at : at;
  if (index >= 0 && index < list.length) return [list[index]];
  throw outOfBounds(list, index);
}

const outOfBounds = (list: readonly unknown[], index: number): JsonPathError =>
  new JsonPathError(`array index out of bounds: index ${index}, length ${list.length}`);

function sliced(
  list: readonly unknown[],
  { from = 0, to = list.length, by = 1 }: { from?: number; to?: number; by?: number },
): unknown[] {
  const start = from < 0 ? list.length + from : from;
  const end = to < 0 ? list.length + to : to;
  if (start === end) return [];
  if (start >= list.length || start < 0) throw outOfBounds(list, start);
  if (end > list.length || end < 0) throw outOfBounds(list, end - 1);
  if (start > end) {
    throw new JsonPathError(`starting index ${start} is greater than ending index ${end}`);
  }
  if (by <= 0) throw new JsonPathError('step must be > 0');
  return list.slice(start, end).filter((_, i) => i % by === 0);
}

function matches(filter: PathFilter, root: unknown, item: unknown): boolean {
  const left = evaluate(filter.left, root, item);
  if (filter.operator === 'exists') return left.length > 0;
  const right = evaluate(filter.right, root, item);
  const [a, b] = [left[0], right[0]];
  if (left.length === 0 || right.length === 0 || typeof a !== typeof b) return false;
  switch (filter.operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return (a as number) < (b as number);
    case '<=':
      return (a as number) <= (b as number);
    case '>':
      return (a as number) > (b as number);
    case '>=':
      return (a as number) >= (b as number);
  }
}
