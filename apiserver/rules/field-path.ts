/**
 * Paths of simple form that lead to a field of a schema: `fieldPath` of a rule (which field below
 * the rule's own its failure is about) and `jsonPath` of a selectable field.
 */
import { isObject } from '../../api/deep.ts';
import type { Json } from '../../api/structural/schema.ts';

export interface FoundField {
  /** As errors name it, ".spec.a" → "spec.a". */
  readonly name: string;
  readonly schema: Json;
}

export interface NoField {
  readonly fault: string;
}

const NOWHERE = 'does not refer to a valid field';
const ENDED = 'unexpected end of JSON path';

/** Delimiters, and what is between them; quotes hold delimiters together. */
const TOKEN = /'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]]+/gs;

/** Where a path leads, in Kubernetes' words if nowhere. `brackets`: whether "['a']" is a step. */
export function fieldAt(path: string, schema: Json, brackets: boolean): FoundField | NoField {
  const tokens = path.match(TOKEN) ?? [];
  let found: FoundField = { name: '', schema };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    let step: string;
    if (token === '.') {
      const next = tokens[++i];
      if (next === undefined) return { fault: ENDED };
      step = next;
    } else if (token === '[') {
      if (!brackets) return { fault: 'array notation is not allowed' };
      const [quoted, close] = [tokens[i + 1], tokens[i + 2]];
      if (quoted === undefined) return { fault: ENDED };
      if (!/^'.*'$/s.test(quoted))
        return { fault: `expected single quoted string but got ${quoted}` };
      if (close === undefined) return { fault: ENDED };
      if (close !== ']') return { fault: `expected ] but got ${close}` };
      step = quoted.slice(1, -1).replace(/\\(.)/gs, '$1');
      i += 2;
    } else return { fault: `expected [ or . but got: ${token}` };
    const next = below(found, step);
    if (next === undefined) return { fault: NOWHERE };
    found = next;
  }
  return found;
}

function below({ name, schema }: FoundField, step: string): FoundField | undefined {
  const { properties, additionalProperties } = schema;
  const named = isObject(properties) && Object.keys(properties).length > 0;
  const own = named ? Object.hasOwn(properties, step) && properties[step] : additionalProperties;
  if (!isObject(own)) return undefined;
  if (!named) return { name: `${name}[${step}]`, schema: own };
  return { name: name === '' ? step : `${name}.${step}`, schema: own };
}

/** The name of the field, if there is one. */
export function normalizedFieldPath(path: string, schema: Json): string | undefined {
  const found = fieldAt(path, schema, true);
  return 'fault' in found || found.name === '' ? undefined : found.name;
}
