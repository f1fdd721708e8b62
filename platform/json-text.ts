/**
 * As `JSON.stringify`, with every `bigint` as the integer it is. Only values that hold one take
 * longer.
 */
export function jsonText(value: unknown, indent?: number | string): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    // For a bigint, or for a value that contains itself, which is refused again.
    if (error instanceof TypeError) return withIntegers(value, indent);
    throw error;
  }
}

function withIntegers(value: unknown, indent: number | string | undefined): string {
  const text = (shown: (integer: bigint) => unknown): string =>
    JSON.stringify(
      value,
      (_key, inner: unknown) => (typeof inner === 'bigint' ? shown(inner) : inner),
      indent,
    );
  // No text of the value contains the mark: what stands behind one is an integer.
  let mark = 'int:';
  for (const others = text(() => 0); others.includes(mark);) mark += ':';
  const marked = text((integer) => `${mark}${integer}`);
  return marked.replaceAll(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1');
}
