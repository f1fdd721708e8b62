/**
 * What disappears from an object when its owner no longer applies it.
 */
import { isObject, setField } from '../deep.ts';
import type { ManagedFieldsEntry } from '../types/meta-v1.ts';
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
import { type ManagedFields, setOfEntry } from './managers.ts';
import {
  elementOf,
  type MergeType,
  type StructMergeType,
  typeAtElement,
  typeBelow,
} from './merge-type.ts';
import { fieldElement } from './path-element.ts';
import {
  converted,
  type Converting,
  type JsonObject,
  type MergeTypes,
  type Versions,
} from './versions.ts';

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

/** What is to go, and what is not. */
export interface Pruning {
  /** The version of the merged object. */
  readonly apiVersion: string;
  readonly types: MergeTypes;
  /** Absent: everybody speaks that version. */
  readonly versions?: Versions | undefined;
  /** What the manager's previous configuration held. */
  readonly last: ManagedFieldsEntry | undefined;
  /** What all managers hold now, the new configuration included. */
  readonly owners: ManagedFields;
}

/**
 * The merged object without what the previous configuration held and neither the new one nor
 * anybody else holds, each in the words of its version.
 */
export function* prune(merged: JsonObject, of: Pruning): Converting<JsonObject> {
  if (of.last === undefined || isEmptySet(setOfEntry(of.last))) return merged;
  const typesOf = (version: string): MergeTypes | undefined =>
    version === of.apiVersion || of.versions === undefined ? of.types : of.versions(version);
  const version = of.versions === undefined ? of.apiVersion : (of.last.apiVersion ?? '');
  const type = typesOf(version)?.whole;
  if (type === undefined) return merged;
  const last = withIdentity(withShells(type, setOfEntry(of.last)));
  const start = yield* converted(merged, { from: of.apiVersion, to: version });
  let all = start;
  let kept = removeFields(type, start, last);
  let at = version;
  // Others' fields come back, then what nobody ever held: only fields of `last` may go.
  for (const [to, held] of heldByVersion(of, version)) {
    const { whole } = typesOf(to)!;
    all = yield* converted(all, { from: at, to });
    kept = yield* converted(kept, { from: at, to });
    at = to;
    const left = union(withShells(whole, fieldsOf(whole, kept)), withShells(whole, held));
    const unheld = difference(withShells(whole, fieldsOf(whole, all)), left);
    kept = removeFields(whole, all, unheld);
  }
  kept = yield* converted(kept, { from: at, to: version });
  const present = withShells(type, fieldsOf(type, start));
  const gone = difference(present, withShells(type, fieldsOf(type, kept)));
  const pruned = removeFields(type, start, intersection(gone, last));
  return yield* converted(pruned, { from: version, to: of.apiVersion });
}

/** The metadata stay, whatever goes of them: without a name nothing can be converted. */
function withIdentity(set: FieldSet): FieldSet {
  const metadata = below(set, METADATA);
  if (metadata === undefined || !isHeld(metadata)) return set;
  const { '.': _itself, ...parts } = metadata;
  const { [METADATA]: _whole, ...rest } = set;
  return isEmptySet(parts) ? rest : { ...rest, [METADATA]: parts };
}

const METADATA = fieldElement('metadata');

/** That of the pruned version first: a conversion may need what is held in it. */
function heldByVersion({ owners, versions, apiVersion }: Pruning, first: string) {
  const held = new Map([[first, EMPTY]]);
  for (const entry of owners) {
    const version = versions === undefined ? apiVersion : (entry.apiVersion ?? '');
    held.set(version, union(held.get(version) ?? EMPTY, setOfEntry(entry)));
  }
  return held;
}
