/** Defaults of a schema: each must be what the schema itself would let through. */
import { deepEqual, isObject } from '../../../../api/deep.ts';
import { type FieldError, invalid } from '../../../../api/field-errors.ts';
import { DecodingError } from '../../../../api/schema/structural-decoder.ts';
import { decodeObjectMeta } from '../../../../api/structural/object-meta.ts';
import { validateEmbedded, validateResource } from '../../../../api/structural/embedded.ts';
import { Pruner } from '../../../../api/structural/prune.ts';
import { SchemaNode } from '../../../../api/structural/schema.ts';
import { validateBySchema } from '../../../../api/structural/validate.ts';
import { isSet, propertiesOf, property, type Schema, schemaOf } from './schema-parts.ts';

/** The CEL rules of a schema on a default in it. */
export type DefaultRules = (
  schema: Schema,
  check: { readonly value: unknown; readonly path: string; readonly resource: boolean },
) => readonly FieldError[];

interface Place {
  readonly path: string;
  /** The root of the schema: its value is a custom resource. */
  readonly root: boolean;
  /** The resource around it: of its type and metadata other rules are true. */
  readonly resource: Schema;
  /** Within the type or metadata of that resource. */
  readonly inMeta: boolean;
  /** A whole resource with the value in this place. */
  readonly around: (value: unknown) => Record<string, unknown>;
}

const META = new Set(['metadata', 'apiVersion', 'kind']);

export function defaultErrors(schema: Schema, path: string, rules: DefaultRules): FieldError[] {
  const errors: FieldError[] = [];
  const check = (part: Schema, place: Place): void => {
    const of = isResource(part) ? { ...place, resource: part, inMeta: false, around: root } : place;
    const value = part['default'];
    if (isSet(value)) errors.push(...errorsOf(value, part, { place: of, rules }));
    const { items } = part;
    if (isObject(items)) {
      const around = (item: unknown): Record<string, unknown> => of.around([item]);
      check(items, { ...of, root: false, path: `${of.path}.items`, around });
    }
    for (const [name, child] of propertiesOf(part)) {
      const inMeta = of.inMeta || (part === of.resource && META.has(name));
      const around = (field: unknown): Record<string, unknown> => of.around({ [name]: field });
      check(child, { ...of, root: false, path: property(of.path, name), inMeta, around });
    }
  };
  check(schema, { path, root: true, resource: schema, inMeta: false, around: root });
  return errors;
}

const isResource = (schema: Schema): boolean => schema['x-kubernetes-embedded-resource'] === true;

const root = (value: unknown): Record<string, unknown> => ({
  kind: 'Validation',
  apiVersion: 'validation/v1',
  ...(value as object),
});

function errorsOf(
  value: unknown,
  schema: Schema,
  of: { readonly place: Place; readonly rules: DefaultRules },
): readonly FieldError[] {
  const { place, rules } = of;
  const field = `${place.path}.default`;
  const node = new SchemaNode(schema);
  const errors: FieldError[] = [];
  if (place.inMeta) {
    const whole = place.around(value);
    const found = metadataFault(whole, '') ?? validateResource(whole, '');
    const faults = [found].flat().map((error) => `${error.field}: ${error.message}`);
    const detail = faults.length === 1 ? faults[0]! : `[${faults.join(', ')}]`;
    if (faults.length > 0)
      return [invalid(field, value, `must result in valid metadata: ${detail}`)];
  } else {
    const pruned = new Pruner((metadata) => metadata).value(value, node);
    if (!deepEqual(pruned, value))
      errors.push(invalid(field, value, 'must not have unknown fields'));
    const fault = embeddedFault(schema, value, field);
    const whole = place.root && isObject(value) ? validateResource(value, `${field}.`) : [];
    const found = fault ? [fault] : [...whole, ...validateEmbedded(node, value, field)];
    if (found.length > 0) return [...errors, ...found];
  }
  const wrong = validateBySchema(node, { value, field });
  if (wrong.length > 0) return [...errors, ...wrong];
  const resource = schema === place.resource;
  return [...errors, ...rules(schema, { value, path: field, resource })];
}

/** The first metadata below that cannot be read as such. */
function embeddedFault(schema: Schema, value: unknown, path: string): FieldError | undefined {
  if (Array.isArray(value)) {
    const items = schemaOf(schema['items']);
    if (items === undefined) return undefined;
    for (const [i, item] of value.entries()) {
      const fault = embeddedFault(items, item, `${path}[${i}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const own = isResource(schema) ? metadataFault(value, `${path}.`) : undefined;
  if (own !== undefined) return own;
  const parts = new Map(propertiesOf(schema));
  const additional = schemaOf(schema['additionalProperties']);
  for (const key of Object.keys(value)) {
    const part = parts.get(key);
    const below = part ?? additional;
    const at = part === undefined ? `${path}[${key}]` : `${path}.${key}`;
    const fault = below && embeddedFault(below, value[key], at);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function metadataFault(resource: Record<string, unknown>, prefix: string): FieldError | undefined {
  for (const name of ['apiVersion', 'kind'])
    if (isSet(resource[name]) && typeof resource[name] !== 'string')
      return invalid(`${prefix}${name}`, resource[name], 'must be a string');
  const { metadata } = resource;
  if (!isSet(metadata)) return undefined;
  try {
    decodeObjectMeta(metadata);
    return undefined;
  } catch (error) {
    if (!(error instanceof DecodingError)) throw error;
    return invalid(`${prefix}metadata`, metadata, error.message);
  }
}
