/**
 * Takes what `npm run bench` printed over into the tables of docs/PERFORMANCE.md, row by row:
 * `node scripts/build-performance.mjs <file>…`. Rows that no file has stay as they are; names the
 * rows that the page does not have. What the text around the tables says is not touched.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const page = 'docs/PERFORMANCE.md';

/** Rows by their work; one that says "the same" belongs to the row before it. */
function* rowsOf(lines) {
  let base = '';
  for (const [index, line] of lines.entries()) {
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length !== 7 || cells[1] === 'work' || cells[1].startsWith('---')) continue;
    if (!cells[1].startsWith('the same')) base = cells[1];
    yield { index, key: cells[1] === base ? base : `${base} / ${cells[1]}`, cells };
  }
}

/** The peer's name stands in the table's head. */
function shown([, work, ours, peer, times, goal]) {
  const figures = peer.replace(/^not installed$| \([a-z][^)]*\)$/, '');
  return `| ${work} | ${ours} | ${figures} | ${times} | ${goal} |`;
}

const measured = new Map(
  process.argv
    .slice(2)
    .flatMap((file) => [...rowsOf(readFileSync(file, 'utf8').split('\n'))])
    .map(({ key, cells }) => [key, cells]),
);
const lines = readFileSync(page, 'utf8').split('\n');
const known = new Set();
for (const { index, key } of rowsOf(lines)) {
  known.add(key);
  if (measured.has(key)) lines[index] = shown(measured.get(key));
}
writeFileSync(page, lines.join('\n'));
for (const key of measured.keys()) if (!known.has(key)) console.warn(`not in ${page}: ${key}`);
