/** How values of a structural schema merge and who owns their parts: server-side apply. */
import {
  DEDUCED,
  type ListMergeType,
  type MergeField,
  type MergeType,
  metadataTypes,
  type StructMergeType,
} from '../fieldmanager/merge-type.ts';
import { fieldElement } from '../fieldmanager/path-element.ts';
import type { MergeTypes } from '../fieldmanager/versions.ts';
import type { SchemaNode } from './schema.ts';

const TEXT: MergeType = { shape: 'scalar', scalar: 'string' };
const scalars: Readonly<Record<string, MergeType>> = {
  string: TEXT,
  integer: { shape: 'scalar', scalar: 'numeric' },
  number: { shape: 'scalar', scalar: 'numeric' },
  boolean: { shape: 'scalar', scalar: 'boolean' },
};
const UNTYPED: MergeType = { shape: 'scalar', scalar: 'untyped' };

const fieldOf = (name: string, type: MergeType): MergeField => ({
  name,
  type,
  zero: undefined,
  element: fieldElement(name),
});

/** Fields that the schema does not have are owned as they come. */
class OpenFields extends Map<string, MergeField> {
  override get(name: string): MergeField {
    return super.get(name) ?? { ...fieldOf(name, DEDUCED), undeclared: true };
  }

  override has(): boolean {
    return true;
  }
}

/** Reads the schema when it is first asked for a field. */
class SchemaStruct implements StructMergeType {
  readonly shape = 'struct';
  readonly always: readonly MergeField[] = [];
  readonly #schema: SchemaNode;
  #fields: ReadonlyMap<string, MergeField> | undefined;

  constructor(schema: SchemaNode) {
    this.#schema = schema;
  }

  get atomic(): boolean {
    return this.#schema.mapType === 'atomic';
  }

  get fields(): ReadonlyMap<string, MergeField> {
    this.#fields ??= structFields(this.#schema);
    return this.#fields;
  }
}

function structFields(schema: SchemaNode): ReadonlyMap<string, MergeField> {
  const fields = schema.preservesUnknown ? new OpenFields() : new Map<string, MergeField>();
  if (schema.embedded) {
    fields.set('apiVersion', fieldOf('apiVersion', TEXT));
    fields.set('kind', fieldOf('kind', TEXT));
    fields.set('metadata', { ...metadataTypes().whole, zero: undefined });
  }
  for (const [name, node] of schema.properties) fields.set(name, fieldOf(name, typeOf(node)));
  return fields;
}

function typeOf(schema: SchemaNode): MergeType {
  if (schema.intOrString) return UNTYPED;
  if (schema.type === 'array') return listOf(schema);
  if (schema.type !== 'object') return scalars[schema.type] ?? DEDUCED;
  const { additional } = schema;
  const atomic = schema.mapType === 'atomic';
  if (schema.properties.size > 0 || schema.embedded) return new SchemaStruct(schema);
  if (typeof additional === 'object') return { shape: 'map', atomic, of: typeOf(additional) };
  return atomic ? { shape: 'map', atomic, of: DEDUCED } : DEDUCED;
}

function listOf(schema: SchemaNode): ListMergeType {
  const of = schema.items === undefined ? DEDUCED : typeOf(schema.items);
  switch (schema.listType) {
    case 'set':
      return { shape: 'list', relation: 'set', of };
    case 'map': {
      const declaredKeys = schema.mapKeys;
      const keys = [...declaredKeys].sort();
      const defaults = Object.fromEntries(
        keys.map((key) => [key, schema.items?.properties.get(key)?.default] as const),
      );
      return { shape: 'list', relation: 'map', of, declaredKeys, keys, defaults };
    }
    default:
      return { shape: 'list', relation: 'atomic', of };
  }
}

/** The whole type of a custom resource, and the same without what nobody owns. */
export function customMergeTypes(schema: SchemaNode): MergeTypes {
  const metadata = metadataTypes();
  const own = new SchemaStruct(schema).fields;
  const whole = withField(own, metadata.whole);
  whole.set('apiVersion', fieldOf('apiVersion', TEXT));
  whole.set('kind', fieldOf('kind', TEXT));
  const tracked = withField(own, metadata.tracked);
  // Untracked: they name the object.
  const hidden = { shape: 'struct', atomic: false, fields: new Map(), always: [] } as const;
  tracked.delete('apiVersion');
  tracked.delete('kind');
  if (tracked instanceof OpenFields)
    for (const name of ['apiVersion', 'kind'])
      tracked.set(name, { name, element: fieldElement(name), type: hidden, zero: {} });
  return {
    whole: { shape: 'struct', atomic: false, fields: whole, always: [metadata.whole] },
    tracked: { shape: 'struct', atomic: false, fields: tracked, always: [metadata.tracked] },
    mayHaveChanged: true,
  };
}

function withField(
  fields: ReadonlyMap<string, MergeField>,
  metadata: MergeField,
): Map<string, MergeField> {
  const copy = fields instanceof OpenFields ? new OpenFields() : new Map<string, MergeField>();
  for (const [name, field] of fields) copy.set(name, field);
  copy.set('metadata', metadata);
  return copy;
}
