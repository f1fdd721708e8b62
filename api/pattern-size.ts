/**
 * How large the program of a regular expression becomes, told before it is made: `a{1000}` is
 * seven characters and a thousand instructions, and compiling takes as long as there are of those.
 */

/** Kubernetes' engine takes some hundred times as many: there only the request waits for it. */
export const MAX_PATTERN_SIZE = 10_000;

const REPEAT = /\{(\d{1,4})(?:,(\d{0,4}))?\}/y;

/** About as many instructions; more of them where the pattern is no expression at all. */
export function patternSize(pattern: string): number {
  const outer: number[] = [];
  let sum = 0;
  let last = 0;
  const add = (size: number): void => {
    sum += size;
    last = size;
  };
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '(') {
      outer.push(sum);
      sum = 0;
    } else if (character === ')') {
      const group = sum + 2;
      sum = outer.pop() ?? 0;
      add(group);
    } else if (character === '[') {
      at = endOfClass(pattern, at);
      add(1);
    } else if (character === '{') {
      REPEAT.lastIndex = at;
      const found = REPEAT.exec(pattern);
      if (found === null) add(1);
      else {
        const times = Math.max(Number(found[1]), Number(found[2] ?? 0));
        add(last * Math.max(0, times - 1));
        at = REPEAT.lastIndex - 1;
      }
    } else {
      if (character === '\\') at++;
      add(1);
    }
  }
  return outer.reduce((all, each) => all + each, sum);
}

function endOfClass(pattern: string, start: number): number {
  // The first character of a class may be the bracket that closes others.
  let at = start + (pattern[start + 1] === '^' ? 3 : 2);
  while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1;
  return at;
}
