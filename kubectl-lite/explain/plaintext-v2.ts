/** The text of `explain --output=plaintext-openapiv2`: that of kubectl before 1.27. */
import { UsageError } from '../usage-error.ts';
import type { DefinitionsV2, SchemaV2 } from './open-api-v2.ts';
import type { GroupVersionKind } from './schema.ts';

const WIDTH = 80;
const FIELD_INDENT = 3;
const DESCRIPTION_INDENT = 5;

interface Explained {
  readonly definitions: DefinitionsV2;
  readonly root: SchemaV2;
  readonly type: GroupVersionKind;
  readonly fields: readonly string[];
  readonly recursive: boolean;
}

export function plaintextV2({ definitions, root, type, ...asked }: Explained): string[] {
  const { fields, recursive } = asked;
  const schema = fieldAt(definitions, root, fields);
  const name = fields.at(-1);
  const version = type.group === '' ? type.version : `${type.group}/${type.version}`;
  const lines = [`KIND:     ${type.kind}`, `VERSION:  ${version}`, ''];
  // Descriptions are collected on the way to what has fields, or none.
  const descriptions: string[] = [];
  let at = schema;
  for (let next = definitions.inside(at); next !== undefined; next = definitions.inside(at)) {
    descriptions.push(at.description ?? '');
    at = next;
  }
  descriptions.push(at.description ?? '');
  const shape = definitions.shape(at);
  const typed = `${name} <${definitions.typeName(schema)}>`;
  if (shape.is === 'kind' && name !== undefined) lines.push(`RESOURCE: ${typed}`, '');
  if (shape.is === 'primitive') lines.push(`FIELD:    ${typed}`, '');
  lines.push(...describe(descriptions));
  if (shape.is !== 'kind') return lines;
  lines.push('', 'FIELDS:');
  if (recursive) return [...lines, ...tree(definitions, at, { indent: FIELD_INDENT, open: [] })];
  for (const [field, value] of shape.fields) {
    const must = at.required?.includes(field) === true ? ' -required-' : '';
    lines.push(
      `${' '.repeat(FIELD_INDENT)}${field}\t<${definitions.typeName(value)}>${must}`,
      ...wrapped(value.description ?? '', DESCRIPTION_INDENT),
      '',
    );
  }
  return lines;
}

/** The word stands for a field of what is in a reference, a list or a map. */
function fieldAt(definitions: DefinitionsV2, root: SchemaV2, path: readonly string[]): SchemaV2 {
  let schema = root;
  for (const field of path) {
    for (let next = definitions.inside(schema); next !== undefined;) {
      schema = next;
      next = definitions.inside(schema);
    }
    const shape = definitions.shape(schema);
    // kubectl explains what has no fields whatever is asked of it.
    if (shape.is !== 'kind') return schema;
    const found = shape.fields.find(([name]) => name === field);
    if (found === undefined) throw new UsageError(`field ${JSON.stringify(field)} does not exist`);
    schema = found[1];
  }
  return schema;
}

function describe(descriptions: readonly string[]): string[] {
  const lines = ['DESCRIPTION:'];
  let empty = true;
  for (const [at, text] of descriptions.entries()) {
    if (text === '') continue;
    if (at > 0) lines.push('');
    lines.push(...wrapped(text, DESCRIPTION_INDENT));
    empty = false;
  }
  return empty ? [...lines, `${' '.repeat(DESCRIPTION_INDENT)}<empty>`] : lines;
}

interface Depth {
  readonly indent: number;
  /** References that are open above. */
  readonly open: readonly string[];
}

function tree(definitions: DefinitionsV2, schema: SchemaV2, { indent, open }: Depth): string[] {
  const shape = definitions.shape(schema);
  switch (shape.is) {
    case 'reference':
      if (open.includes(shape.name)) return [];
      return tree(definitions, shape.to, { indent, open: [...open, shape.name] });
    case 'array':
    case 'map':
      return tree(definitions, shape.of, { indent, open });
    case 'kind':
      return shape.fields.flatMap(([name, value]) => [
        `${' '.repeat(indent)}${name}\t<${definitions.typeName(value)}>`,
        ...tree(definitions, value, { indent: indent + FIELD_INDENT, open }),
      ]);
    default:
      return [];
  }
}

/** Sentences are joined and broken anew; code, lists and paragraphs keep their lines. */
function wrapped(text: string, indent: number): string[] {
  const lines: string[] = [];
  let words: string[] = [];
  const flush = (): void => {
    if (words.length > 0) lines.push(words.join(' '));
    words = [];
  };
  for (const line of text.split('\n')) {
    if (line.startsWith('    ')) {
      flush();
      lines.push(line);
      continue;
    }
    const isEmpty = line.trim() === '';
    if (lines.length > 0 && isEmpty) {
      flush();
      lines.push('');
      continue;
    }
    const isItem = /^(\d+\.?|-|\*)\s/.test(line.trim());
    if (words.at(-1)?.endsWith(':') === true || isEmpty || isItem) flush();
    for (const word of line.split(/\s+/).filter((part) => part !== '')) {
      if (words.length > 0 && [...words, word].join(' ').length > WIDTH - indent) flush();
      words.push(word);
    }
  }
  flush();
  return lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line));
}
