import { deepCopy, deepEqual, setField } from '../deep.ts';
import type { SchemaNode } from './schema.ts';
import { mendMetadata } from './stored-meta.ts';

/**
 * Fills absent fields, and nulls that are not allowed, from the schema's defaults, and removes
 * other nulls that are not allowed. Changes the value in place, and only where something is
 * missing; true if it did.
 */
export function applySchemaDefaults(value: unknown, schema: SchemaNode | undefined): boolean {
  if (schema === undefined || typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return defaultItems(value, schema);
  const object = value as Record<string, unknown>;
  let changed = removeNulls(object, schema);
  for (const [name, json] of schema.defaulted) {
    if (Object.hasOwn(object, name) && object[name] !== null) continue;
    if (object[name] === null && schema.properties.get(name)!.nullable) continue;
    setField(object, name, deepCopy(json));
    changed = true;
  }
  for (const name in object) {
    const child = schema.child(name);
    if (schema.embedded && name === 'metadata') {
      if (defaultMetadata(object, child)) changed = true;
      continue;
    }
    if (child === undefined) continue;
    const current = object[name];
    if (current === null && !child.nullable && child.default !== undefined) {
      setField(object, name, deepCopy(child.default));
      changed = true;
    }
    if (applySchemaDefaults(object[name], child)) changed = true;
  }
  return changed;
}

/** Defaults give metadata nothing that metadata cannot have, be they theirs or from above. */
function defaultMetadata(resource: Record<string, unknown>, schema: SchemaNode | undefined) {
  const filled = deepCopy(resource['metadata']);
  applySchemaDefaults(filled, schema);
  const mended = mendMetadata(filled);
  if (deepEqual(mended, resource['metadata'])) return false;
  resource['metadata'] = mended;
  return true;
}

function defaultItems(list: unknown[], schema: SchemaNode): boolean {
  const { items } = schema;
  if (items === undefined) return false;
  let changed = false;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === null && !items.nullable && items.default !== undefined) {
      list[i] = deepCopy(items.default);
      changed = true;
    }
    if (applySchemaDefaults(list[i], items)) changed = true;
  }
  return changed;
}

/** Removes nulls that are not allowed and have no default, however deep, in place. */
export function pruneNulls(value: unknown, schema: SchemaNode | undefined): void {
  if (schema === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) pruneNulls(item, schema.items);
    return;
  }
  const object = value as Record<string, unknown>;
  removeNulls(object, schema);
  for (const name in object) pruneNulls(object[name], schema.child(name));
}

function removeNulls(object: Record<string, unknown>, schema: SchemaNode): boolean {
  let changed = false;
  for (const name in object) {
    if (object[name] !== null) continue;
    const child = schema.child(name);
    if (child === undefined || child.nullable || child.default !== undefined) continue;
    delete object[name];
    changed = true;
  }
  return changed;
}
