const SURROGATE = /[\ud800-\udbff]/;

/** How many code points. */
export function characters(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}
