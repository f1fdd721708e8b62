/** The words that begin a program or a shell, before anything is run. */

/** The words of `exec` that begin a shell. */
export const shellNames = new Set(['sh', 'bash', 'ash', 'dash']);
const PROGRAM_FOLDERS = /^\/(usr\/)?(local\/)?s?bin\/([^/]+)$/;

/** "/bin/cat" and "cat" are the same program. */
export const programName = (word: string): string => PROGRAM_FOLDERS.exec(word)?.[3] ?? word;

/** Flags of a shell, and what it is given to do. */
export function shellWords(words: readonly string[]): { flags: string; rest: readonly string[] } {
  const end = words.findIndex((word, i) => i > 0 && !/^-[cilex]+$/.test(word));
  const given = words.slice(1, end < 0 ? undefined : end);
  return { flags: given.join(''), rest: words.slice(1 + given.length) };
}

/** What `sh -c` is told to run; undefined: it is told otherwise. */
export function scriptOf(words: readonly string[]): string | undefined {
  const { flags, rest } = shellWords(words);
  return flags.includes('c') ? (rest[0] ?? '') : undefined;
}
