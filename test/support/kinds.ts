/** Puts declarations of kinds through what the generic registry does, without a store. */
import { deepCopy, deepFreeze } from '../../api/deep.ts';
import type { FieldError } from '../../api/field-errors.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { parseTime } from '../../api/time.ts';
import type { ResourceDeclaration, WriteContext } from '../../apiserver/registry/declaration.ts';

const NOW = '2026-11-21T12:00:00Z';
const nowMs = parseTime(NOW)!;
const context: WriteContext = { nowMs, randomSuffix: (length) => 'x'.repeat(length) };

type Kind<T extends KubernetesObject> = ResourceDeclaration<T>;

/** Anything JSON: tests send what clients may send. */
export type Sent = Record<string, unknown>;

const texts = (errors: readonly FieldError[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

/** The object as it would be stored. */
export function created<T extends KubernetesObject>(kind: Kind<T>, sent: Sent): T {
  const { metadata, ...rest } = deepCopy(sent);
  const object = {
    apiVersion: apiVersionOf(kind.type),
    kind: kind.type.kind,
    metadata: {
      name: 'x',
      ...(kind.type.namespaced && { namespace: 'default' }),
      ...(metadata as Sent),
    },
    ...rest,
  } as unknown as Mutable<T>;
  if (kind.hasStatus && !kind.keepsStatusOnCreate) delete (object as Sent)['status'];
  kind.applyDefaults?.(object);
  kind.prepareForCreate?.(object, context);
  return deepFreeze(object) as T;
}

export function createErrors<T extends KubernetesObject>(kind: Kind<T>, sent: Sent): string[] {
  const object = created(kind, sent);
  return texts(kind.validate?.(object) ?? []);
}

/** The successor of a stored object after a client edited it. */
export function updated<T extends KubernetesObject>(
  kind: Kind<T>,
  old: T,
  edit: (object: Mutable<T>) => void,
): T {
  const object = deepCopy(old) as Mutable<T>;
  edit(object);
  kind.applyDefaults?.(object);
  kind.prepareForUpdate?.(object, old, context);
  return deepFreeze(object) as T;
}

export function updateErrors<T extends KubernetesObject>(
  kind: Kind<T>,
  old: T,
  edit: (object: Mutable<T>) => void,
): string[] {
  const object = updated(kind, old, edit);
  const errors = kind.validate?.(object, old) ?? [];
  return texts([...errors, ...(kind.validateUpdate?.(object, old) ?? [])]);
}

/** What a write through a subresource stores, and the errors it meets. */
export function written<T extends KubernetesObject>(
  kind: Kind<T>,
  name: string,
  write: { readonly parent: T; readonly sent: Sent },
): { readonly object: T; readonly errors: string[] } {
  const subresource = kind.subresources!.find((each) => each.name === name)!;
  const sent = deepCopy(write.sent) as unknown as KubernetesObject;
  const object = subresource.write(sent, write.parent, context);
  kind.applyDefaults?.(object);
  const own = subresource.validateUpdate?.(object as T, write.parent);
  const errors = own ?? kind.validateUpdate?.(object as T, write.parent) ?? [];
  return { object: object as T, errors: texts(errors) };
}

/** The printed row by column name. */
export function row<T extends KubernetesObject>(kind: Kind<T>, object: Sent): Sent {
  const { columns } = kind.printer!;
  const values = kind.printer!.cells(object as unknown as T, nowMs);
  if (values.length !== columns.length) throw new Error(`${values.length} cells`);
  return Object.fromEntries(columns.map(({ name }, i) => [name, values[i]]));
}
