/** The simple paths of scale subresources and selectable fields: ".spec.replicas". */
import { isObject, setField } from '../../api/deep.ts';

export function stepsOf(path: string): readonly string[] {
  return path.replace(/^\./, '').split('.');
}

/** Undefined where nothing is. */
export function valueAt(value: unknown, steps: readonly string[]): unknown {
  let current = value;
  for (const step of steps) {
    if (!isObject(current) || !Object.hasOwn(current, step)) return undefined;
    current = current[step];
  }
  return current;
}

/** A copy with another value at the end of the path; it shares everything beside the path. */
export function withValueAt(value: unknown, steps: readonly string[], leaf: unknown): unknown {
  const [first, ...rest] = steps;
  if (first === undefined) return leaf;
  const copy: Record<string, unknown> = isObject(value) ? { ...value } : {};
  setField(copy, first, withValueAt(copy[first], rest, leaf));
  return copy;
}
