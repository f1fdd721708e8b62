/** A field's value put into fields of other objects. */
import { isObject } from '../../api/deep.ts';
import { UsageError } from '../usage-error.ts';
import { setAt, type Spot, valueAt } from './spot.ts';
import { fitsPattern, isSelectedByAnyId, type Open, type Resource } from './resource.ts';
import type { FieldOptions, Replacement } from './selector.ts';

export function applyReplacement(all: readonly Resource[], replacement: Replacement): void {
  const value = sourceValue(all, replacement);
  for (const { select, reject = [], fieldPaths, options = {} } of replacement.targets ?? []) {
    if (select === undefined) throw new UsageError('target must specify resources to select');
    const targets = all.filter(
      (resource) =>
        isSelectedByAnyId(resource, select, fitsPattern) &&
        !reject.some((selector) => isSelectedByAnyId(resource, selector, fitsPattern)),
    );
    for (const { object } of targets) {
      for (const path of fieldPaths ?? ['metadata.name']) {
        const spots = find(object, splitPath(path), options.create === true);
        if (spots.length === 0) {
          const how = options.create === true ? 'find or create' : 'find';
          throw new UsageError(
            `unable to ${how} field ${JSON.stringify(path)} in replacement target`,
          );
        }
        for (const spot of spots) setAt(spot, replaced(valueAt(spot), value, options));
      }
    }
  }
}

function sourceValue(all: readonly Resource[], { source, sourceValue }: Replacement): unknown {
  if (source === undefined) {
    if (sourceValue !== undefined) return sourceValue;
    throw new UsageError('replacements must specify a source and at least one target');
  }
  const { fieldPath = 'metadata.name', options = {}, ...selector } = source;
  const found = all.filter((resource) =>
    isSelectedByAnyId(resource, selector, (wanted, text) => wanted === text),
  );
  const shown = [selector.kind, selector.name].filter((text) => text !== undefined).join('/');
  if (found.length === 0) throw new UsageError(`nothing selected by ${shown}`);
  if (found.length > 1) throw new UsageError(`multiple matches for selector ${shown}`);
  const [spot] = find(found[0]!.object, splitPath(fieldPath), false);
  const value = spot && valueAt(spot);
  if (value === undefined || value === null) {
    throw new UsageError(`fieldPath \`${fieldPath}\` is missing for replacement source ${shown}`);
  }
  if (!options.delimiter) return structuredClone(value);
  const { delimiter, index = 0 } = options;
  const part = textOf(value).split(delimiter)[index];
  if (part === undefined) {
    throw new UsageError(`options.index ${index} is out of bounds for value ${textOf(value)}`);
  }
  return part;
}

/** What stands at "spec.ports[0].port"; undefined where nothing does. */
export function fieldAt(object: Open, path: string): unknown {
  const steps = splitPath(path.replaceAll(/\[(\d+)\]/g, '.$1'));
  const [spot] = find(object, steps, false);
  return spot && (valueAt(spot) ?? undefined);
}

function textOf(value: unknown): string {
  if (typeof value === 'object') {
    throw new UsageError('delimiter option can only be used with scalar nodes');
  }
  return `${value as string | number | boolean}`;
}

function replaced(
  before: unknown,
  value: unknown,
  { delimiter, index = 0 }: FieldOptions,
): unknown {
  const fresh = typeof value === 'object' ? structuredClone(value) : value;
  if (!delimiter) {
    // A number stays one where a text that is one takes its place.
    const isNumber = typeof before === 'number' && typeof fresh === 'string';
    return isNumber && /^-?\d+$/.test(fresh) ? Number(fresh) : fresh;
  }
  const parts = textOf(before).split(delimiter);
  if (index < 0) parts.unshift(textOf(value));
  else if (index >= parts.length) parts.push(textOf(value));
  else parts[index] = textOf(value);
  return parts.join(delimiter);
}

/** "a.b\.c.[name=x].0" at its dots; those behind a backslash, and in brackets, are no ends. */
function splitPath(path: string): readonly string[] {
  const parts = path.match(/(?:\\.|\[[^\]]*\]|[^.\\[])+/g) ?? [];
  return parts.flatMap((part) => {
    const [, head = '', filter = ''] = /^(.*?)(\[[^\]]*=[^\]]*\])?$/s.exec(part) ?? [];
    return [head.replaceAll('\\.', '.').replace(/^\[(.*)\]$/, '$1'), filter].filter(
      (p) => p !== '',
    );
  });
}

function find(value: unknown, path: readonly string[], create: boolean): readonly Spot[] {
  const [step = '', ...rest] = path;
  return keysOf(value, step, create).flatMap((key): readonly Spot[] => {
    const spot: Spot = { holder: value as Spot['holder'], key };
    if (rest.length === 0) return [spot];
    if (create && valueAt(spot) === undefined) setAt(spot, /^(\[|\d|-)/.test(rest[0]!) ? [] : {});
    return find(valueAt(spot), rest, create);
  });
}

function keysOf(value: unknown, step: string, create: boolean): readonly (string | number)[] {
  if (Array.isArray(value)) {
    const filter = /^\[([^=]+)=(.*)\]$/s.exec(step);
    if (filter !== null) {
      const [, field = '', wanted] = filter;
      const found = value.flatMap((item, i) =>
        isObject(item) && String(item[field] as string) === wanted ? [i] : [],
      );
      if (found.length > 0 || !create) return found;
      value.push({ [field]: wanted });
      return [value.length - 1];
    }
    if (step === '*') return value.map((_, i) => i);
    return /^\d+$/.test(step) && (create || Number(step) < value.length) ? [Number(step)] : [];
  }
  if (!isObject(value)) return [];
  if (step === '*') return Object.keys(value);
  return step in value || create ? [step] : [];
}
