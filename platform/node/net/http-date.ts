/** Milliseconds since the Unix epoch of an HTTP date (RFC 9110, 5.6.7); undefined if it is none. */
export function parseHttpDate(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
