/** What differs between two states of an object, field by field, and who wrote it. */
import { deepEqual, isObject } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import type { ManagedFieldsEntry } from '../../api/types/meta-v1.ts';

export interface Change {
  /** "spec.template.spec.containers[main].image" */
  readonly path: string;
  /** Undefined: was not there. */
  readonly before: unknown;
  /** Undefined: is not there any more. */
  readonly after: unknown;
}

/** Fields that every write changes, and that say nothing by themselves. */
const bookkeeping = ['metadata.managedFields', 'metadata.resourceVersion', 'metadata.generation'];

export function changesBetween(before: KubernetesObject, after: KubernetesObject): Change[] {
  return [...differences('', before, after)].filter(({ path }) => !bookkeeping.includes(path));
}

function* differences(path: string, before: unknown, after: unknown): Generator<Change> {
  if (deepEqual(before, after)) return;
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const inner = path === '' ? key : `${path}${fieldText(key)}`;
      if (!bookkeeping.includes(inner)) yield* differences(inner, before[key], after[key]);
    }
    return;
  }
  const [from, to] = [keyed(before), keyed(after)];
  if (from !== undefined && to !== undefined) {
    for (const key of new Set([...from.keys(), ...to.keys()])) {
      yield* differences(`${path}[${key}]`, from.get(key), to.get(key));
    }
    return;
  }
  yield { path, before, after };
}

const fieldText = (key: string): string => (/[./]/.test(key) ? `[${key}]` : `.${key}`);

const keyFields = ['name', 'type', 'containerPort', 'port', 'key', 'ip', 'uid'];

/** Lists whose elements have a name (or a type, a port, …) are compared by it. */
function keyed(value: unknown): Map<string, unknown> | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const items: readonly unknown[] = value;
  for (const field of keyFields) {
    const keys = items.map((item) => (isObject(item) ? item[field] : undefined));
    if (keys.some((key) => typeof key !== 'string' && typeof key !== 'number')) continue;
    if (new Set(keys).size === keys.length) {
      return new Map(items.map((item, at) => [String(keys[at]), item]));
    }
  }
  return undefined;
}

export interface Author {
  readonly manager: string;
  /** When it wrote, as managedFields keep it. */
  readonly time: string | undefined;
  readonly subresource: string | undefined;
}

/** The managers whose entries in managedFields a write made or changed. */
export function authorsOf(before: KubernetesObject | undefined, after: KubernetesObject): Author[] {
  const old = before?.metadata.managedFields ?? [];
  const changed = (after.metadata.managedFields ?? []).filter(
    (entry) => !old.some((one) => deepEqual(one, entry)),
  );
  // Who only lost fields to another has the time of before.
  const wrote = changed.filter(
    (entry) => !old.some((one) => sameWriter(one, entry) && one.time === entry.time),
  );
  const fresh = wrote.length > 0 ? wrote : changed;
  return fresh.map(({ manager = '', time, subresource }) => ({
    manager,
    time,
    subresource: subresource || undefined,
  }));
}

const sameWriter = (a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean =>
  a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;
