/** RFC 9110 has no such code any more, but clients print 299. */
export function warningHeader(text: string): string {
  const quoted = text.replace(/[\r\n]+/g, ' ').replace(/["\\]/g, '\\$&');
  return `299 - "${quoted}"`;
}
