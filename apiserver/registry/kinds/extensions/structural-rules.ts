/**
 * When a schema is structural (KEP-1693): it says of every field what it is, outside of allOf,
 * anyOf, oneOf and not, which may only restrict values.
 */
import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden, invalid, required } from '../../../../api/field-errors.ts';
import { patternFault } from '../../../../api/structural/patterns.ts';
import {
  isSet,
  listOf,
  propertiesOf,
  property,
  type Schema,
  schemaOf,
  schemasOf,
  textOf,
} from './schema-parts.ts';

type Level = 'root' | 'item' | 'field';

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/** Sorted by text, as Kubernetes reports them. */
export function structuralErrors(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  invariants(schema, { level: 'root', path }, errors);
  complete(schema, { structure: schema, path, from: path }, errors);
  const text = (error: FieldError): string => `${error.field}: ${error.message}`;
  return errors.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

interface Place {
  readonly level: Level;
  readonly path: string;
}

function invariants(schema: Schema, { level, path }: Place, errors: FieldError[]): void {
  const type = textOf(schema['type']);
  const items = schemaOf(schema['items']);
  if (type === 'array' && items === undefined)
    errors.push(required(`${path}.items`, 'must be specified'));
  if (items !== undefined) invariants(items, { level: 'item', path: `${path}.items` }, errors);
  for (const [name, part] of propertiesOf(schema))
    invariants(part, { level: 'field', path: property(path, name) }, errors);
  const additional = schema['additionalProperties'];
  if (isSet(additional)) {
    const below = `${path}.additionalProperties`;
    if (level === 'root') errors.push(forbidden(below, 'must not be used at the root'));
    const part = schemaOf(additional);
    if (part !== undefined) invariants(part, { level: 'field', path: below }, errors);
  }
  extensions(schema, path, errors);
  const skips = {
    anyOf: deepEqual(schema['anyOf'], INT_OR_STRING),
    allOf: deepEqual(schemasOf(schema['allOf'])[0]?.['anyOf'], INT_OR_STRING),
  };
  valueRules(schema, { path, skips }, errors);
  typeRules(schema, { level, path }, errors);
  metadataRules(schema, { level, path }, errors);
}

function extensions(schema: Schema, path: string, errors: FieldError[]): void {
  if (schema['x-kubernetes-int-or-string'] !== true) return;
  for (const name of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource']) {
    if (schema[name] !== true) continue;
    const detail = 'must be false if x-kubernetes-int-or-string is true';
    errors.push(invalid(`${path}.${name}`, true, detail));
  }
}

const EMPTY_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function typeRules(schema: Schema, { level, path }: Place, errors: FieldError[]): void {
  const type = textOf(schema['type']);
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const at = `${path}.type`;
  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(at, detail) : invalid(at, type, detail));
  } else if (type === '' && schema['x-kubernetes-int-or-string'] !== true && !preserves) {
    errors.push(required(at, EMPTY_TYPE[level]));
  }
  if (embedded && isSet(schema['additionalProperties'])) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set';
    errors.push(forbidden(`${path}.additionalProperties`, detail));
  }
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalid(at, type, 'must be object at the root'));
  if (embedded && !preserves && propertiesOf(schema).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without ' +
      'x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, detail));
  }
}

/** What a schema may say of the fields that every resource has. */
function metadataRules(schema: Schema, { level, path }: Place, errors: FieldError[]): void {
  const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  const parts = new Map(propertiesOf(schema));
  for (const name of isResource ? ['kind', 'apiVersion'] : []) {
    const part = parts.get(name);
    if (part === undefined || part['type'] === 'string') continue;
    const at = `${property(path, name)}.type`;
    errors.push(invalid(at, textOf(part['type']), 'must be string'));
  }
  const metadata = parts.get('metadata');
  if (metadata === undefined) return;
  const at = property(path, 'metadata');
  if (isResource && metadata['type'] !== 'object')
    errors.push(invalid(`${at}.type`, textOf(metadata['type']), 'must be object'));
  if (level !== 'root') return;
  const { type: _type, default: _default, properties: _properties, ...rest } = metadata;
  const names = propertiesOf(metadata).map(([name]) => name);
  const onlyNames = names.every((name) => name === 'name' || name === 'generateName');
  if (onlyNames && Object.keys(rest).length === 0) return;
  const detail =
    'must not specify anything other than name and generateName, but metadata is implicitly specified';
  errors.push(forbidden(at, detail));
}

function valueRules(
  schema: Schema,
  of: { readonly path: string; readonly skips: { anyOf: boolean; allOf: boolean } },
  errors: FieldError[],
): void {
  const { path, skips } = of;
  if (!skips.anyOf)
    for (const [i, part] of schemasOf(schema['anyOf']).entries())
      nestedRules(part, { path: `${path}.anyOf[${i}]`, skipsAnyOf: false }, errors);
  for (const [i, part] of schemasOf(schema['allOf']).entries())
    nestedRules(part, { path: `${path}.allOf[${i}]`, skipsAnyOf: skips.allOf && i === 0 }, errors);
  for (const [i, part] of schemasOf(schema['oneOf']).entries())
    nestedRules(part, { path: `${path}.oneOf[${i}]`, skipsAnyOf: false }, errors);
  const not = schemaOf(schema['not']);
  if (not !== undefined) nestedRules(not, { path: `${path}.not`, skipsAnyOf: false }, errors);
  const pattern = textOf(schema['pattern']);
  const fault = pattern === '' ? undefined : patternFault(pattern);
  if (fault === undefined) return;
  const detail = `must be a valid regular expression, but isn't: ${fault}`;
  errors.push(invalid(`${path}.pattern`, pattern, detail));
}

/** What only a structure may say, and how its absence is asked for. */
const STRUCTURE_ONLY: readonly (readonly [field: string, wants: string])[] = [
  ['type', 'must be empty'],
  ['additionalProperties', 'must be undefined'],
  ['default', 'must be undefined'],
  ['title', 'must be empty'],
  ['description', 'must be empty'],
  ['nullable', 'must be false'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false'],
  ['x-kubernetes-embedded-resource', 'must be false'],
  ['x-kubernetes-int-or-string', 'must be false'],
  ['x-kubernetes-list-map-keys', 'must be empty'],
  ['x-kubernetes-list-type', 'must be undefined'],
  ['x-kubernetes-map-type', 'must be undefined'],
  ['x-kubernetes-validations', 'must be empty'],
];

function isGiven(value: unknown): boolean {
  return (
    isSet(value) && value !== '' && value !== false && !(Array.isArray(value) && !value.length)
  );
}

function nestedRules(
  schema: Schema,
  of: { readonly path: string; readonly skipsAnyOf: boolean },
  errors: FieldError[],
): void {
  const { path } = of;
  valueRules(schema, { path, skips: { anyOf: of.skipsAnyOf, allOf: false } }, errors);
  const items = schemaOf(schema['items']);
  if (items !== undefined) nestedRules(items, { path: `${path}.items`, skipsAnyOf: false }, errors);
  for (const [name, part] of propertiesOf(schema)) {
    nestedRules(part, { path: property(path, name), skipsAnyOf: false }, errors);
    if (name === 'metadata')
      errors.push(forbidden(property(path, name), 'must not be specified in a nested context'));
  }
  for (const [field, wants] of STRUCTURE_ONLY)
    if (isGiven(schema[field]))
      errors.push(forbidden(`${path}.${field}`, `${wants} to be structural`));
}

/** Every field that a restriction names is part of the structure. */
function complete(
  schema: Schema,
  of: { readonly structure: Schema; readonly path: string; readonly from: string },
  errors: FieldError[],
): void {
  const { structure, path, from } = of;
  const nested = (part: Schema | undefined, below: string): void => {
    if (part !== undefined) completeNested(part, { structure, path, from: below }, errors);
  };
  nested(schemaOf(schema['not']), `${from}.not`);
  for (const key of ['allOf', 'anyOf', 'oneOf'])
    for (const [i, part] of listOf(schema[key]).entries())
      nested(schemaOf(part), `${from}.${key}[${i}]`);
}

function completeNested(
  schema: Schema,
  of: { readonly structure: Schema; readonly path: string; readonly from: string },
  errors: FieldError[],
): void {
  const { structure, path, from } = of;
  complete(schema, of, errors);
  const missing = (at: string, by: string): number =>
    errors.push(required(at, `because it is defined in ${by}`));
  const items = schemaOf(schema['items']);
  if (items !== undefined) {
    const own = schemaOf(structure['items']);
    const [at, by] = [`${path}.items`, `${from}.items`];
    if (own === undefined) missing(at, by);
    else completeNested(items, { structure: own, path: at, from: by }, errors);
  }
  const parts = new Map(propertiesOf(structure));
  for (const [name, part] of propertiesOf(schema)) {
    const own = parts.get(name);
    const [at, by] = [property(path, name), property(from, name)];
    if (own === undefined) missing(at, by);
    else completeNested(part, { structure: own, path: at, from: by }, errors);
  }
}
