/**
 * What disappears from an object when its owner no longer applies it.
 */
import { isObject, setField } from '../deep.ts';
import { fieldsOf } from './configuration.ts';
import {
  below,
  difference,
  EMPTY,
  type FieldSet,
  hasBelow,
  intersection,
  isEmptySet,
  isHeld,
  type MutableFieldSet,
  nodeOf,
  union,
} from './field-set.ts';
import { elementOf, type MergeType, type StructMergeType } from './merge-type.ts';
import { fieldElement } from './path-element.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** An object without the fields of a set; it shares what is left. */
function removeFields(type: StructMergeType, object: JsonObject, set: FieldSet): JsonObject {
  return isEmptySet(set) ? object : ((removeFrom(type, object, set) ?? {}) as JsonObject);
}

/** Undefined where nothing is left; a scalar has nothing below that could be removed. */
function removeFrom(type: MergeType | undefined, value: unknown, set: FieldSet): unknown {
  if (Array.isArray(value)) {
    if (type?.shape !== 'list' || type.relation === 'atomic') return undefined;
    const rest = value.flatMap((item): unknown[] => {
      const node = below(set, elementOf(type, item));
      if (node === undefined) return [item];
      if (isHeld(node)) return [];
      return [removeFrom(type.of, item, node) ?? null];
    });
    return rest.length > 0 ? rest : undefined;
  }
  if (!isObject(value)) return value;
  if ((type?.shape === 'map' || type?.shape === 'struct') && type.atomic) return undefined;
  const rest: Record<string, unknown> = {};
  let left = false;
  for (const key of Object.keys(value)) {
    const node = below(set, fieldElement(key));
    if (node !== undefined && isHeld(node)) continue;
    const child = value[key];
    const kept = node === undefined ? child : removeFrom(typeBelow(type, key), child, node);
    left = true;
    if (kept !== undefined) setField(rest, key, kept);
  }
  return left ? rest : undefined;
}

function typeBelow(type: MergeType | undefined, key: string): MergeType | undefined {
  switch (type?.shape) {
    case 'struct':
      return type.fields.get(key)?.type;
    case 'map':
      return type.of;
    case 'deduced':
      return type;
    default:
      return undefined;
  }
}

/**
 * The set with every field of a struct that has held parts held itself, so that an empty shell
 * goes with the last of its parts. Keys of maps and elements of lists hold themselves.
 */
function withShells(type: MergeType | undefined, set: FieldSet): FieldSet {
  const result: MutableFieldSet = {};
  for (const element of Object.keys(set)) {
    const node = set[element]!;
    if (element === '.') continue;
    const isField = type?.shape === 'struct' && type.fields.has(element.slice(2));
    const child = typeAtElement(type, element);
    const parts = hasBelow(node) ? withShells(child, node) : undefined;
    const whole = nodeOf(parts, isHeld(node) || (isField && element.startsWith('f:')));
    if (whole !== undefined) result[element] = whole;
  }
  return result;
}

function typeAtElement(type: MergeType | undefined, element: string): MergeType | undefined {
  if (type?.shape === 'list') return type.of;
  return typeBelow(type, element.slice(2));
}

/**
 * The merged object without what `last` (the set of the manager's previous configuration) held
 * and neither the new configuration nor anybody else holds. `held` is what all managers hold now.
 */
export function prune(
  type: StructMergeType,
  merged: JsonObject,
  sets: { readonly last: FieldSet; readonly held: FieldSet },
): JsonObject {
  if (isEmptySet(sets.last)) return merged;
  const last = withShells(type, sets.last);
  const without = removeFields(type, merged, last);
  const whole = withShells(type, fieldsOf(type, merged));
  const left = withShells(type, fieldsOf(type, without));
  // Others' fields come back, then what nobody ever held: only fields of `last` may go.
  const unheld = difference(whole, union(left, withShells(type, sets.held)));
  const owned = removeFields(type, merged, unheld);
  const gone = difference(whole, withShells(type, fieldsOf(type, owned)));
  return removeFields(type, merged, intersection(gone, last) ?? EMPTY);
}
