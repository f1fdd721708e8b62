/**
 * Other programs on this machine: an editor, `diff`, credential helpers, plugins. The real twin is
 * `platform/node/programs.ts`.
 */
export interface ProgramRequest {
  /** A path, or a name that is looked for on PATH. */
  readonly program: string;
  readonly args: readonly string[];
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * `shared`: it uses this process's terminal for everything. `captured`: its output is kept, its
   * errors go to this process's.
   */
  readonly output: 'shared' | 'captured';
  /** Default: it reads what this process would. */
  readonly input?: 'shared' | 'none';
  /** Ends the program; `run` then rejects with an AbortError. */
  readonly signal?: AbortSignal;
}

export interface ProgramEnd {
  /** Null if a signal ended it. */
  readonly code: number | null;
  /** What it printed, if captured. */
  readonly out: string;
}

export interface Programs {
  /** Resolves when the program has ended; rejects with the system's error (`ENOENT`, `EACCES`). */
  run(request: ProgramRequest): Promise<ProgramEnd>;
  /** Files in a folder with whether they may be executed, sorted; rejects if it cannot be read. */
  files(folder: string): Promise<readonly { readonly name: string; readonly runs: boolean }[]>;
}
