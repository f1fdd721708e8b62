import type { Part, Word } from './tokens.ts';

export type Expansion = Exclude<Part, { readonly type: 'text' }>;

/** What a word becomes: unquoted values are divided at blanks (POSIX XCU, 2.6.5). */
export async function fieldsOf(
  word: Word,
  valueOf: (part: Expansion) => Promise<string>,
  divide: boolean,
): Promise<string[]> {
  const fields: string[] = [];
  let current: string | undefined;
  for (const part of word) {
    if (part.type === 'text') {
      current = (current ?? '') + part.text;
      continue;
    }
    const value = await valueOf(part);
    if (part.quoted || !divide) {
      current = (current ?? '') + value;
      continue;
    }
    for (const [i, piece] of value.split(/[ \t\n]+/).entries()) {
      if (i > 0 && current !== undefined) {
        fields.push(current);
        current = undefined;
      }
      if (piece !== '') current = (current ?? '') + piece;
    }
  }
  return current === undefined ? fields : [...fields, current];
}
