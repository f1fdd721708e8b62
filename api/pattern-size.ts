/**
 * How large the program of a regular expression becomes, told before it is made: `a{1000}` is
 * seven characters and a thousand instructions, and compiling takes as long as there are of those.
 */

/** Kubernetes' engine takes some hundred times as many: there only the request waits for it. */
export const MAX_PATTERN_SIZE = 10_000;

const REPEAT = /\{(\d{1,4})(?:,(\d{0,4}))?\}/y;

/** RE2's, of repetitions and those within them. */
const MAX_REPEATS = 1_000;

/** About as many instructions; more of them where the pattern is no expression at all. */
export function patternSize(pattern: string): number {
  return measured(pattern).size;
}

/** The first repetition that is too much with those within it, as RE2 tells it. */
export function excessiveRepeat(pattern: string): string | undefined {
  return measured(pattern).excessive;
}

interface Group {
  readonly sum: number;
  readonly repeats: number;
}

function measured(pattern: string): { readonly size: number; readonly excessive?: string } {
  const outer: Group[] = [];
  let [sum, last] = [0, 0];
  /** How often what is innermost is repeated: in the group so far, and in its last part. */
  let [repeats, lastRepeats] = [1, 1];
  let excessive: string | undefined;
  const add = (size: number, times = 1): void => {
    sum += size;
    last = size;
    lastRepeats = times;
    repeats = Math.max(repeats, times);
  };
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '(') {
      outer.push({ sum, repeats });
      [sum, repeats] = [0, 1];
    } else if (character === ')') {
      const [group, times] = [sum + 2, repeats];
      ({ sum, repeats } = outer.pop() ?? { sum: 0, repeats: 1 });
      add(group, times);
    } else if (character === '[') {
      at = endOfClass(pattern, at);
      add(1);
    } else if (character === '{') {
      REPEAT.lastIndex = at;
      const found = REPEAT.exec(pattern);
      if (found === null) add(1);
      else {
        const times = Math.max(Number(found[1]), Number(found[2] ?? 0));
        if (times * lastRepeats > MAX_REPEATS) excessive ??= found[0];
        add(last * Math.max(0, times - 1), Math.max(1, times) * lastRepeats);
        at = REPEAT.lastIndex - 1;
      }
    } else {
      if (character === '\\') at++;
      add(1);
    }
  }
  const size = outer.reduce((all, each) => all + each.sum, sum);
  return { size, ...(excessive === undefined ? {} : { excessive }) };
}

function endOfClass(pattern: string, start: number): number {
  // The first character of a class may be the bracket that closes others.
  let at = start + (pattern[start + 1] === '^' ? 3 : 2);
  while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1;
  return at;
}
