/**
 * Breaks lines at blanks where they would grow past `width`; blanks inside a line stay as they
 * are, and a word longer than a line is left whole.
 */
export function wrapText(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const [, blanks = '', word = ''] of line.matchAll(/(\s*)(\S+)/g)) {
    const grown = current + blanks + word;
    if (current !== '' && grown.length > width) {
      lines.push(current);
      current = word;
    } else current = grown;
  }
  return [...lines, current];
}
