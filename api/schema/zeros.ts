/**
 * What Go adds when it writes an object as JSON: a field without `omitempty` is there even where
 * nobody set it, a struct held by value always. kube-apiserver's clients see `status: {}` and
 * `rules: null`; so do ours.
 */
import { isObject, setField } from '../deep.ts';
import { disabledFields } from './disabled-fields.ts';
import { type Definition, resolve, type TypeRef } from './table.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * `written`: as Go writes the object. `values`: the same, but that lists, pointers and times that
 * are not set are absent, and so are fields of features that are off. `lean`: nulls are taken
 * away; what else is there stays.
 */
export type ZeroForm = 'written' | 'values' | 'lean';

type Change = (value: unknown, form: ZeroForm) => unknown;

/** A definition's fields with something to change, here or below. */
interface Plan {
  readonly own: { readonly name: string; readonly zero: unknown }[];
  readonly disabled: readonly string[];
  readonly below: { readonly name: string; readonly change: Change }[];
}

const plans = new Map<Definition, Plan>();

/** `object` in a form: itself if it has it, else a copy as far down as something changed. */
export function inZeroForm<T extends object>(definition: Definition, object: T, form: ZeroForm): T {
  return changed(definition, object as Fields, form) as T;
}

function changed(definition: Definition, object: Fields, form: ZeroForm): Fields {
  const { own, disabled, below } = planOf(definition);
  let out: Record<string, unknown> | undefined;
  if (form === 'values') {
    for (const name of disabled)
      if (object[name] !== undefined) delete (out ??= { ...object })[name];
  }
  for (const { name, zero } of own) {
    const value = object[name];
    if (form === 'lean') {
      if (value === null && zero === null) delete (out ??= { ...object })[name];
    } else if (
      value === undefined ? zero !== null || form === 'written' : isNil(value, zero, form)
    ) {
      (out ??= { ...object })[name] = isObject(zero) ? {} : zero;
    }
  }
  for (const { name, change } of below) {
    const value = (out ?? object)[name];
    if (value === undefined || value === null) continue;
    const now = change(value, form);
    if (now !== value) (out ??= { ...object })[name] = now;
  }
  return out ?? object;
}

/** An empty list that must be written becomes none on its way through Kubernetes' store. */
function isNil(value: unknown, zero: unknown, form: ZeroForm): boolean {
  return zero === null && form === 'written' && Array.isArray(value) && value.length === 0;
}

function planOf(definition: Definition): Plan {
  let plan = plans.get(definition);
  if (plan !== undefined) return plan;
  plan = { own: [], disabled: disabledFields(definition), below: [] };
  plans.set(definition, plan);
  for (const { name, type, written: zero } of definition.fields.values()) {
    if (zero !== undefined) plan.own.push({ name, zero });
    if (canChange(type, new Set())) plan.below.push({ name, change: changeOf(type) });
  }
  return plan;
}

/** True if a value of the type can change. Types refer to themselves. */
function canChange(type: TypeRef, seen: Set<Definition>): boolean {
  if (type.shape === 'scalar') return false;
  if (type.shape !== 'message') return canChange(type.of, seen);
  const definition = resolve(type);
  if (seen.has(definition)) return false;
  seen.add(definition);
  if (disabledFields(definition).length > 0) return true;
  return [...definition.fields.values()].some(
    (field) => field.written !== undefined || canChange(field.type, seen),
  );
}

function changeOf(type: TypeRef): Change {
  if (type.shape === 'list') return changeList(changeOf(type.of));
  if (type.shape === 'map') return changeMap(changeOf(type.of));
  if (type.shape === 'scalar') return (value) => value;
  const definition = resolve(type);
  return (value, form) => (isObject(value) ? changed(definition, value, form) : value);
}

function changeList(of: Change): Change {
  return (value, form) => {
    if (!Array.isArray(value)) return value;
    const values = value as readonly unknown[];
    let out: unknown[] | undefined;
    for (let i = 0; i < values.length; i++) {
      const now = of(values[i], form);
      if (now !== values[i]) (out ??= [...values])[i] = now;
    }
    return out ?? values;
  };
}

function changeMap(of: Change): Change {
  return (value, form) => {
    if (!isObject(value)) return value;
    let out: Record<string, unknown> | undefined;
    for (const key of Object.keys(value)) {
      const now = of(value[key], form);
      if (now !== value[key]) setField((out ??= { ...value }), key, now);
    }
    return out ?? value;
  };
}
