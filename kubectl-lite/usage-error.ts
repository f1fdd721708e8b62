/** A command-line mistake or a refusal known before any request: one line, exit code 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** The reader is sent to the command's help. */
  readonly seeHelp: boolean;
  /** Printed without "error: " before it. */
  readonly bare: boolean;

  constructor(
    message: string,
    { seeHelp = false, bare = false }: { readonly seeHelp?: boolean; readonly bare?: boolean } = {},
  ) {
    super(message);
    this.seeHelp = seeHelp;
    this.bare = bare;
  }
}

/** The command has said what there was to say; only the exit code is left. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}
