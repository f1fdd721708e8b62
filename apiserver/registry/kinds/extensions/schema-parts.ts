/** Walking JSONSchemaProps with the paths by which Kubernetes names their parts. */
import { isObject } from '../../../../api/deep.ts';

export type Schema = Readonly<Record<string, unknown>>;

export const schemaOf = (value: unknown): Schema | undefined =>
  isObject(value) ? value : undefined;

export const schemasOf = (value: unknown): readonly Schema[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

export function propertiesOf(schema: Schema): readonly (readonly [string, Schema])[] {
  const { properties } = schema;
  if (!isObject(properties)) return [];
  return Object.entries(properties).map(([name, part]) => [name, schemaOf(part) ?? {}] as const);
}

export const isSet = (value: unknown): boolean => value !== undefined && value !== null;

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const property = (path: string, name: string): string => `${path}.properties[${name}]`;

const UNSTRUCTURED = ['id', 'schema', '$ref', 'patternProperties', 'dependencies'];

/** Why a schema cannot be read as a structural one at all. */
export function structureFault(schema: Schema): string | undefined {
  let fault: string | undefined;
  eachSchema(schema, (part) => {
    for (const name of [...UNSTRUCTURED, 'additionalItems', 'definitions']) {
      const value = part[name === 'schema' ? '$schema' : name];
      const given = typeof value === 'object' ? !isEmpty(value) : value !== '' && isSet(value);
      if (given) fault ??= `OpenAPIV3Schema '${name}' is not supported`;
    }
    if (Array.isArray(part['items']) && part['items'].length > 0)
      fault ??= "OpenAPIV3Schema 'items' must be a schema, but is an array";
  });
  return fault;
}

const isEmpty = (value: object | null): boolean =>
  value === null || Object.keys(value).length === 0;

/** Calls `visit` for every schema below and including this one. */
export function eachSchema(schema: Schema | undefined, visit: (schema: Schema) => void): void {
  if (schema === undefined) return;
  visit(schema);
  for (const [, part] of propertiesOf(schema)) eachSchema(part, visit);
  for (const key of ['items', 'additionalProperties', 'not'])
    eachSchema(schemaOf(schema[key]), visit);
  for (const key of ['allOf', 'anyOf', 'oneOf'])
    for (const part of schemasOf(schema[key])) eachSchema(part, visit);
}
