/** What differs between two states of an object, field by field, and who wrote it. */
import { deepEqual, isObject } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';

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
  const found: Change[] = [];
  compare('', before, after, found);
  return found.filter(({ path }) => !bookkeeping.includes(path));
}

function compare(path: string, before: unknown, after: unknown, found: Change[]): void {
  if (deepEqual(before, after)) return;
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const inner = path === '' ? key : `${path}${fieldText(key)}`;
      if (bookkeeping.includes(inner)) continue;
      compare(inner, before[key], after[key], found);
    }
    return;
  }
  const [from, to] = [keyed(before), keyed(after)];
  if (from !== undefined && to !== undefined) {
    for (const key of new Set([...from.keys(), ...to.keys()])) {
      compare(`${path}[${key}]`, from.get(key), to.get(key), found);
    }
    return;
  }
  found.push({ path, before, after });
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
  // Who only lost fields to another has an entry of before: its time did not move.
  const last = changed.map(({ time = '' }) => time).sort().at(-1);
  const fresh = changed.filter(({ time = '' }) => time === last);
  return fresh.map(({ manager = '', time, subresource }) => ({
    manager,
    time,
    subresource: subresource || undefined,
  }));
}
