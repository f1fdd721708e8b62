/** Places in objects of some kind, as kustomize's configurations write them. */
import { isObject } from '../../api/deep.ts';
import { UsageError } from '../usage-error.ts';
import { setAt, type Spot, valueAt } from './spot.ts';
import { isOfKind, kindOf, type KindSelector } from './kinds.ts';
import { idOf, type Open } from './resource.ts';

/** Fields are parted by slashes, lists stand for each of their elements; `\/` is no end. */
export interface FieldSpec extends KindSelector {
  readonly path: string;
  /** Makes the field if it is missing, and what it stands in. */
  readonly create?: boolean;
}

/** How a field is set. `missing`: what stands there once it has been made, before `set`. */
export interface FieldEdit {
  readonly missing?: () => unknown;
  readonly set: (spot: Spot) => void;
}

/** "spec/rules/http" as its fields. */
export function fieldsOf(path: string): readonly string[] {
  const fields = (path.match(/(?:\\\/|[^/])+/g) ?? []).map((field) => field.replaceAll('\\/', '/'));
  return fields.length === 0 ? [''] : fields;
}

/** Edits every value that the spec leads to; objects of other kinds stay as they are. */
export function editFields(object: Open, spec: FieldSpec, edit: FieldEdit): void {
  if (!isOfKind(kindOf(object), spec)) return;
  try {
    follow({ holder: [object], key: 0 }, fieldsOf(spec.path), { spec, edit });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      `considering field '${spec.path}' of object ${idOf(object)}: ${error.message}`,
    );
  }
}

interface Walk {
  readonly spec: FieldSpec;
  readonly edit: FieldEdit;
}

function follow(spot: Spot, path: readonly string[], walk: Walk): void {
  const [step, ...rest] = path;
  if (step === undefined) return walk.edit.set(spot);
  const value = valueAt(spot);
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) {
    for (const key of value.keys()) follow({ holder: value, key }, path, walk);
    return;
  }
  if (!isObject(value)) throw new UsageError('expected sequence or mapping node');
  const isList = step.endsWith('[]');
  const key = isList ? step.slice(0, -2) : step;
  if (key === '') throw new UsageError('cannot set or create an empty field name');
  const field: Spot = { holder: value, key };
  const { missing } = walk.edit;
  // The field that is written as a list is never made, for it would have no elements.
  const makes = walk.spec.create === true && missing !== undefined && !isList;
  if ((value[key] ?? undefined) === undefined) {
    if (!makes) return;
    setAt(field, rest.length === 0 ? missing() : {});
  }
  follow(field, rest, walk);
}

/** Puts entries into the maps that the specs lead to. */
export function putEntries(
  object: Open,
  specs: readonly FieldSpec[],
  entries: Readonly<Record<string, string>>,
): void {
  const set = (spot: Spot): void => {
    const value = valueAt(spot);
    if (!isObject(value)) throw new UsageError('wrong node kind: expected MappingNode');
    Object.assign(value, entries);
  };
  for (const spec of specs) editFields(object, spec, { missing: () => ({}), set });
}

/**
 * Both lists, of which the second only counts where the first has nothing that it fits. Throws
 * UsageError where they are of two minds about making a field.
 */
export function mergedSpecs(
  specs: readonly FieldSpec[],
  more: readonly FieldSpec[],
): readonly FieldSpec[] {
  const all = [...specs];
  for (const spec of more) {
    const same = all.find((other) => {
      const { group = '', version = '', kind = '', path } = other;
      return path === spec.path && isOfKind({ group, version, kind }, spec);
    });
    if (same === undefined) all.push(spec);
    else if ((same.create ?? false) !== (spec.create ?? false)) {
      throw new UsageError('conflicting fieldspecs');
    }
  }
  return all;
}
