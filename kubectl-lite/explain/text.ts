/** The text of `explain`: a field's type and description, and the fields below it. */
import type { Fields, Schema, Schemas } from './schema.ts';
import { wrapText } from './wrap.ts';

/** 80 columns with the indentation of a description. */
const DESCRIPTION_WIDTH = 76;
/** More values are cut off in a list of fields. */
const MAX_ENUM_VALUES = 4;
/** JSONSchemaProps and the like contain themselves. */
const MAX_DEPTH = 64;

export function detailLines(schemas: Schemas, schema: Schema, recursive: boolean): string[] {
  const values = schema.enum ?? [];
  const lines: string[] = [];
  if (values.length > 0)
    lines.push('ENUM:', ...values.map((value) => `    ${valueText(value)}`), '');
  const description = schemas.description(schema);
  lines.push('DESCRIPTION:', ...indented(description || '<empty>'));
  // A server without descriptions gets no blank line after the word for it.
  if (description) lines.push('    ');
  const fields = schemas.fields(schema);
  if (fields === undefined) return [...lines, ''];
  lines.push('FIELDS:');
  lines.push(...(recursive ? treeLines(schemas, fields, []) : fieldLines(schemas, fields)), '');
  return lines;
}

const indented = (text: string): string[] =>
  wrapText(text, DESCRIPTION_WIDTH).map((line) => `    ${line}`);

const sorted = ({ properties }: Fields): [string, Schema][] =>
  Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1));

function fieldLines(schemas: Schemas, fields: Fields): string[] {
  return sorted(fields).flatMap(([name, schema]) => [
    headLine(schemas, name, { schema, required: fields.required }),
    ...enumLines(schema, '  '),
    ...indented(schema.description || '<no description>'),
    '',
  ]);
}

function headLine(
  schemas: Schemas,
  name: string,
  { schema, required }: { readonly schema: Schema; readonly required: readonly string[] },
): string {
  const must = required.includes(name) ? ' -required-' : '';
  return `  ${name}\t<${schemas.typeName(schema)}>${must}`;
}

function enumLines({ enum: values = [] }: Schema, indent: string): string[] {
  if (values.length === 0) return [];
  const shown = values.slice(0, MAX_ENUM_VALUES).map(valueText);
  const rest = values.length > MAX_ENUM_VALUES ? ', ....' : '';
  return [`${indent}enum: ${shown.join(', ')}${rest}`];
}

const valueText = (value: unknown): string =>
  value === '' ? '""' : typeof value === 'string' ? value : JSON.stringify(value);

/** Fields with all that is below them; a type inside itself is named and not opened again. */
function treeLines(schemas: Schemas, fields: Fields, above: readonly Fields[]): string[] {
  const indent = '  '.repeat(above.length);
  return sorted(fields).flatMap(([name, schema]) => {
    const lines = [
      indent + headLine(schemas, name, { schema, required: fields.required }),
      ...enumLines(schema, `${indent}  `),
    ];
    const below = schemas.fields(schema);
    const within = [...above, fields];
    const opens =
      below !== undefined &&
      within.length < MAX_DEPTH &&
      !within.some((one) => one.properties === below.properties);
    return opens ? [...lines, ...treeLines(schemas, below, within)] : lines;
  });
}
