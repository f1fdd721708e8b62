import type { Disk } from '../platform/files/disk.ts';

/**
 * Why a component ended, as it said last in its log file, in one line; undefined if it did not, or,
 * with `atEnd`, has written other lines since: those of a successor, or of one that was killed.
 */
export async function lastWords(
  disk: Disk,
  logFile: string,
  { atEnd = false } = {},
): Promise<string | undefined> {
  const log = Buffer.from((await disk.read(logFile)) ?? []).toString('utf8');
  const said = /^error: (.+(?:\n {2}.+)*)$/gm;
  const found = [...log.matchAll(said)].at(-1);
  if (found === undefined) return undefined;
  const isEnd = log.slice(found.index + found[0].length).trim() === '';
  return atEnd && !isEnd ? undefined : found[1]!.replace(/\n +/g, ' ');
}
