/** A field of an answer as text; what was not on the wire is zero. */
export function numberText(value: unknown): string {
  return ((value ?? 0) as number | bigint).toString();
}
