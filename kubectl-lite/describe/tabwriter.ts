/** Blanks between columns, as kubectl has them. */
const PADDING = 2;

/**
 * Aligns tab-terminated cells as Go's text/tabwriter does, which kubectl describe is laid out
 * with: a column is a run of consecutive lines that have a cell ending in a tab at that place,
 * and is as wide as its widest cell plus the padding. Text after a line's last tab is not padded.
 */
export function alignTabs(text: string): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths: number[][] = lines.map(() => []);
  alignBlock(lines, widths, { from: 0, to: lines.length, column: 0 });
  return lines
    .map((cells, row) =>
      cells
        .map((cell, i) => (i < cells.length - 1 ? cell.padEnd(widths[row]![i]!) : cell))
        .join(''),
    )
    .join('\n');
}

interface Block {
  from: number;
  to: number;
  column: number;
}

/** Sets the widths of `column` and of all columns to its right, for the lines from … to. */
function alignBlock(lines: readonly string[][], widths: number[][], block: Block): void {
  const { column } = block;
  const hasCell = (row: number): boolean => lines[row]!.length - 1 > column;
  for (let row = block.from; row < block.to; row++) {
    if (!hasCell(row)) continue;
    let end = row;
    let width = 0;
    while (end < block.to && hasCell(end)) {
      const cell = lines[end]![column]!;
      width = Math.max(width, cell.length + PADDING);
      end++;
    }
    for (let line = row; line < end; line++) widths[line]![column] = width;
    alignBlock(lines, widths, { from: row, to: end, column: column + 1 });
    row = end - 1;
  }
}
