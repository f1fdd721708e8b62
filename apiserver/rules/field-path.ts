/** `fieldPath` of a rule: which field below the rule's own its failure is about. */
import { isObject } from '../../api/deep.ts';
import type { Json } from '../../api/structural/schema.ts';

type Step = { readonly name: string };

/** "['a']" and ".b"; undefined where it is no path. */
function stepsOf(path: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '') {
    const match = /^\.([^.[\]]+)|^\['((?:[^'\\]|\\.)*)'\]/.exec(rest);
    if (match === null) return undefined;
    steps.push({ name: match[1] ?? match[2]!.replace(/\\(.)/g, '$1') });
    rest = rest.slice(match[0].length);
  }
  return steps;
}

/** As errors name it, ".spec.a" → "spec.a"; undefined if the schema has no such field. */
export function normalizedFieldPath(path: string, schema: Json): string | undefined {
  const steps = stepsOf(path);
  if (steps === undefined || steps.length === 0) return undefined;
  let text = '';
  let current: Json = schema;
  for (const { name } of steps) {
    const { properties, additionalProperties } = current;
    const own = isObject(properties) ? properties[name] : additionalProperties;
    if (!isObject(own)) return undefined;
    if (isObject(properties)) text += text === '' ? name : `.${name}`;
    else text += `[${name}]`;
    current = own;
  }
  return text;
}
