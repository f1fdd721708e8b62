import { deepEqual, isObject } from './deep.ts';
import { jsonText } from '../platform/json-text.ts';

/** Enough to see what was meant; a whole rewritten object needs no more. */
const MAX_PATHS = 20;

/** Where two JSON values differ, one line each: `spec.nodeName: "a" → "b"`. */
export function changedPaths(value: unknown, old: unknown, path: string): string[] {
  const lines: string[] = [];
  walk(value, old, { path, lines });
  return lines;
}

interface Walk {
  readonly path: string;
  readonly lines: string[];
}

function walk(value: unknown, old: unknown, { path, lines }: Walk): void {
  if (lines.length >= MAX_PATHS || deepEqual(value, old)) return;
  if (isObject(value) && isObject(old)) {
    for (const key of new Set([...Object.keys(old), ...Object.keys(value)])) {
      walk(value[key], old[key], { path: `${path}.${key}`, lines });
    }
  } else if (Array.isArray(value) && Array.isArray(old) && value.length === old.length) {
    for (let i = 0; i < value.length; i++) {
      walk(value[i], old[i], { path: `${path}[${i}]`, lines });
    }
  } else {
    lines.push(`  ${path}: ${text(old)} → ${text(value)}`);
  }
}

const text = (value: unknown): string => (value === undefined ? 'unset' : jsonText(value));
