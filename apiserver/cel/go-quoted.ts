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

/** As Go's %q writes a string. */
export function goQuoted(text: string): string {
  const plain = text.replace(/[\x00-\x1f\\"\x7f]/g, (found) => {
    const code = found.charCodeAt(0).toString(16).padStart(2, '0');
    return escapes[found] ?? `\\x${code}`;
  });
  return `"${plain}"`;
}
