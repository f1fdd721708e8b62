const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** As the CEL function strings.quote has it: what has no escape of a letter stays. */
export const celQuoted = (text: string): string =>
  `"${text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (found) => escapes[found]!)}"`;

/** As Go's %q writes a string. */
export function goQuoted(text: string): string {
  const plain = text.replace(/[\x00-\x1f\\"\x7f]/g, (found) => {
    const code = found.charCodeAt(0).toString(16).padStart(2, '0');
    return escapes[found] ?? `\\x${code}`;
  });
  return `"${plain}"`;
}
