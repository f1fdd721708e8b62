/** Which words a mistyped one may have meant. */

/** Cobra's distance: more than two edits away is another word. */
const SUGGESTION_DISTANCE = 2;

export const isNear = (typed: string, word: string): boolean =>
  editDistance(typed, word) <= SUGGESTION_DISTANCE;

/** The nearest of those that are near; of equally near ones the first. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const near = words.filter((word) => isNear(typed, word));
  const distance = Math.min(...near.map((word) => editDistance(typed, word)));
  return near.find((word) => editDistance(typed, word) === distance);
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
