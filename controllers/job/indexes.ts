/** Sets of completion indexes, in the status written as "1,3-5,7". */

export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  for (const [, first, last] of (text ?? '').matchAll(/(\d+)(?:-(\d+))?/g)) {
    const end = Math.min(Number(last ?? first), completions - 1);
    for (let index = Number(first); index <= end; index++) indexes.add(index);
  }
  return indexes;
}

/** Two neighbours are written "1,2", three "1-3". */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length;) {
    let end = at;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    const separator = end === at + 1 ? ',' : '-';
    parts.push(end === at ? `${sorted[at]}` : `${sorted[at]}${separator}${sorted[end]}`);
    at = end + 1;
  }
  return parts.join(',');
}
