/** Defaults of a schema: each must be what the schema itself would let through. */
import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, invalid } from '../../../../api/field-errors.ts';
import { Pruner } from '../../../../api/structural/prune.ts';
import { SchemaNode } from '../../../../api/structural/schema.ts';
import { validateBySchema } from '../../../../api/structural/validate.ts';
import { isSet, propertiesOf, property, type Schema, schemaOf } from './schema-parts.ts';

export function defaultErrors(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  visit(schema, path, errors);
  return errors;
}

function visit(schema: Schema, path: string, errors: FieldError[]): void {
  const value = schema['default'];
  if (isSet(value)) errors.push(...errorsOf(value, schema, `${path}.default`));
  const items = schemaOf(schema['items']);
  if (items !== undefined) visit(items, `${path}.items`, errors);
  for (const [name, part] of propertiesOf(schema)) visit(part, property(path, name), errors);
}

function errorsOf(value: unknown, schema: Schema, field: string): FieldError[] {
  const node = new SchemaNode(schema);
  const pruned = new Pruner((metadata) => metadata).value(value, node);
  if (!deepEqual(pruned, value)) return [invalid(field, value, 'must not have unknown fields')];
  return validateBySchema(node, { value, field });
}
