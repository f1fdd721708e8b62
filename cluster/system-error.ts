/** What the operating system refused, as one sentence that says what to do. */
import { ClusterError } from './failure.ts';

type Refusal = Error & {
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly port?: number;
};

const OTHER_FOLDER = 'choose another --data-dir';
const HERE = 'the data directory';
const SAFE = 'nothing acknowledged is lost; free some space and start again';

const sentences: Readonly<Record<string, (error: Refusal) => string>> = {
  EACCES: (error) =>
    error.syscall === 'listen'
      ? `this user may not listen on port ${error.port}; choose a higher one with --port`
      : `this user may not touch ${error.path}; run as its owner, or ${OTHER_FOLDER}`,
  EPERM: ({ path }) => `this user may not touch ${path}; run as its owner, or ${OTHER_FOLDER}`,
  EROFS: ({ path }) => `${path} is on a file system that is read-only; ${OTHER_FOLDER}`,
  ENOTDIR: ({ path }) => `a part of ${path} is a file, not a folder; ${OTHER_FOLDER}`,
  EEXIST: ({ path }) => `${path} is a file, not a folder; ${OTHER_FOLDER}`,
  // What making a folder answers on some file systems that are read-only.
  ENOENT: ({ path, syscall }) =>
    syscall === 'mkdir' ? `${path} cannot be made there; ${OTHER_FOLDER}` : `there is no ${path}`,
  ENOSPC: ({ path }) => `the disk of ${path ?? HERE} is full: ${SAFE}`,
  EDQUOT: ({ path }) => `the quota on the disk of ${path ?? HERE} is used up: ${SAFE}`,
  EMFILE: () => 'too many files are open; raise the limit (`ulimit -n 8192`) and start again',
};

/** The error itself if it is none of the operating system's, or none that a user can mend. */
export function inOneSentence(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ClusterError) return error;
  const refusal: Refusal = error;
  const sentence = sentences[refusal.code ?? '']?.(refusal);
  if (sentence === undefined || (refusal.path === undefined && refusal.syscall === undefined))
    return error;
  return new ClusterError(`${sentence} (${refusal.code})`, { cause: error });
}
