/** Sets of completion indexes as texts: "1,3-5,7". */

/** Why a text is no such set, in Kubernetes' words. */
export class IndexesError extends Error {
  override readonly name = 'IndexesError';
}

type Interval = readonly [first: number, last: number];

function parseIndex(text: string, completions: number): number {
  if (!/^[+-]?\d+$/.test(text)) {
    const shown = JSON.stringify(text);
    throw new IndexesError(`cannot convert string to integer for index: ${shown}`);
  }
  const index = Number(text);
  if (index >= completions) throw new IndexesError(`too large index: ${JSON.stringify(text)}`);
  return index;
}

function parseInterval(text: string, completions: number): Interval {
  const limits = text.split('-');
  if (limits.length > 2) {
    throw new IndexesError(
      `the fragment ${JSON.stringify(text)} violates the requirement that an index interval ` +
        "can have at most two parts separated by '-'",
    );
  }
  const first = parseIndex(limits[0]!, completions);
  if (limits.length === 1) return [first, first];
  const last = parseIndex(limits[1]!, completions);
  if (first >= last) throw decreasing(first, last);
  return [first, last];
}

function decreasing(previous: number, current: number): IndexesError {
  return new IndexesError(`non-increasing order, previous: ${previous}, current: ${current}`);
}

/** How many indexes below `completions` the text names. Throws {@link IndexesError}. */
export function countIndexes(text: string, completions: number): number {
  if (text === '') return 0;
  let total = 0;
  let previous: number | undefined;
  for (const fragment of text.split(',')) {
    const [first, last] = parseInterval(fragment, completions);
    if (previous !== undefined && previous >= first) throw decreasing(previous, first);
    total += last - first + 1;
    previous = last;
  }
  return total;
}

function intervals(text: string, completions: number): Interval[] {
  if (text === '') return [];
  return text.split(',').flatMap((fragment) => {
    try {
      return [parseInterval(fragment, completions)];
    } catch (error) {
      if (error instanceof IndexesError) return [];
      throw error;
    }
  });
}

/** The first index in both sets; what cannot be read is in neither. */
export function overlap(a: string, b: string, completions: number): number | undefined {
  const right = intervals(b, completions);
  for (const [first, last] of intervals(a, completions)) {
    const met = right.find((other) => first <= other[1] && other[0] <= last);
    if (met !== undefined) return Math.max(first, met[0]);
  }
  return undefined;
}
