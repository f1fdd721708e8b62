/**
 * Regular expressions of schemas, in RE2's syntax and linear time: a hostile pattern costs no more
 * than its length times the text's. The engine is large, so it is loaded when the first schema
 * with a pattern is met; {@link loadPatterns} comes before everything else here.
 */
import type { RE2JS } from 're2js';
import { assert } from '../../platform/assert.ts';

let engine: typeof RE2JS | undefined;

export async function loadPatterns(): Promise<void> {
  if (engine !== undefined) return;
  engine = (await import('re2js')).RE2JS;
}

/** As Go says it; undefined if the pattern is one. */
export function patternFault(pattern: string): string | undefined {
  try {
    compiled(pattern);
    return undefined;
  } catch (error) {
    const text = (error as Error).message;
    const fault = text.startsWith('error parsing regexp') ? text : `error parsing regexp: ${text}`;
    // Go quotes what is left of the pattern: nothing.
    return fault.endsWith('trailing backslash at end of expression') ? `${fault}: \`\`` : fault;
  }
}

/** Patterns kept compiled; schemas share most of theirs. */
const MAX_COMPILED = 4_096;
const known = new Map<string, RE2JS>();

function compiled(pattern: string): RE2JS {
  let regexp = known.get(pattern);
  if (regexp === undefined) {
    assert(engine !== undefined, 'patterns are used before they are loaded');
    regexp = engine.compile(pattern);
    if (known.size >= MAX_COMPILED) known.clear();
    known.set(pattern, regexp);
  }
  return regexp;
}

/** True if the pattern occurs in the text. The pattern has no fault. */
export function matchesPattern(pattern: string, text: string): boolean {
  return compiled(pattern).test(text);
}
