import { labelValue } from '../../api/validation/names.ts';
import { UsageError } from '../usage-error.ts';

export interface Changes {
  /** The words that name objects. */
  readonly words: readonly string[];
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

const isChange = (word: string): boolean => word.includes('=') || word.endsWith('-');

/** "pods web a=1 b-": objects first, then what to set (=) and to remove (-). */
export function changesOf(given: readonly string[], what: 'label' | 'annotation'): Changes {
  const start = given.findIndex((word) => isChange(word) && !word.startsWith('='));
  const words = start < 0 ? given : given.slice(0, start);
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const word of start < 0 ? [] : given.slice(start)) {
    if (!isChange(word)) {
      throw new UsageError(`all resources must be specified before ${what} changes: ${word}`);
    }
    const equals = word.indexOf('=');
    if (equals > 0 && what === 'label') checkValue(word, word.slice(equals + 1));
    if (equals > 0) set.set(word.slice(0, equals), word.slice(equals + 1));
    else if (equals < 0) remove.push(word.slice(0, -1));
    else throw new UsageError(`invalid ${what} spec: ${word}`);
  }
  const both = remove.find((key) => set.has(key));
  if (both !== undefined) {
    throw new UsageError(`can not both modify and remove ${article(what)} in the same command`);
  }
  return { words: words.filter((word) => !word.startsWith('=')), set, remove };
}

const article = (what: string): string => (what === 'label' ? 'a label' : 'an annotation');

function checkValue(word: string, value: string): void {
  const reasons = labelValue(value);
  if (reasons.length === 0) return;
  throw new UsageError(`invalid label value: ${JSON.stringify(word)}: ${reasons.join('; ')}`);
}
