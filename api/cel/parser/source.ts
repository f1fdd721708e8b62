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

/** Of more than these the number is told: cel-go's bounds, in errors and in bytes. */
export const MAX_ISSUES = 100;
const MAX_SHOWN_LINE = 16_384;

/**
 *     ERROR: <input>:1:5: undefined field 'foo'
 *      | self.foo
 *      | ....^
 */
function formatIssues(source: string, issues: readonly Issue[]): string {
  const told = issues
    .slice(0, MAX_ISSUES)
    .sort((a, b) => a.at - b.at)
    .map((issue) => formatIssue(source, issue));
  const more = issues.length - MAX_ISSUES;
  return [...told, ...(more > 0 ? [`${more} more errors were truncated`] : [])].join('\n');
}

function formatIssue(source: string, { at, message }: Issue): string {
  // Nothing has no place that could be shown.
  if (source === '') return `ERROR: <input>:1:0: ${message}`;
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  const start = before.lastIndexOf('\n') + 1;
  const end = source.indexOf('\n', at);
  const text = source.slice(start, end < 0 ? undefined : end).replace(/\t/g, ' ');
  const left = [...source.slice(start, at)];
  const head = `ERROR: <input>:${line}:${left.length + 1}: ${message}`;
  if (Buffer.byteLength(text) > MAX_SHOWN_LINE) return head;
  // What terminals may show in two columns is pointed at by such characters.
  const dots = left.map((character) => (isWide(character) ? '\uff0e' : '.')).join('');
  return `${head}\n | ${text}\n | ${dots}${isWide(source.charAt(at)) ? '\uff3e' : '^'}`;
}

const isWide = (character: string): boolean => character > '\x7f';

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
