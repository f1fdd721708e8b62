/** Where in an expression something is wrong, as cel-go prints it. */

export interface Issue {
  /** Offset in UTF-16 units. */
  readonly at: number;
  readonly message: string;
}

/** The expression is not valid: its message is cel-go's. */
export class CelCompileError extends Error {
  override readonly name = 'CelCompileError';
}

/**
 *     ERROR: <input>:1:5: undefined field 'foo'
 *      | self.foo
 *      | ....^
 */
function formatIssues(source: string, issues: readonly Issue[]): string {
  return [...issues]
    .sort((a, b) => a.at - b.at)
    .map((issue) => formatIssue(source, issue))
    .join('\n');
}

function formatIssue(source: string, { at, message }: Issue): string {
  // Nothing has no place that could be shown.
  if (source === '') return `ERROR: <input>:1:0: ${message}`;
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  const start = before.lastIndexOf('\n') + 1;
  const end = source.indexOf('\n', at);
  const text = source.slice(start, end < 0 ? undefined : end).replace(/\t/g, ' ');
  const column = [...source.slice(start, at)].length;
  const dots = '.'.repeat(column);
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${dots}^`;
}

export function compileError(source: string, issues: readonly Issue[]): CelCompileError {
  return new CelCompileError(formatIssues(source, issues));
}

/** The expression compiles, but a part of it that is evaluated beforehand fails. */
export class CelProgramError extends CelCompileError {}

/** As Kubernetes begins it. */
export function compileFault(error: CelCompileError): string {
  const what = error instanceof CelProgramError ? 'program instantiation' : 'compilation';
  return `${what} failed: ${error.message}`;
}
