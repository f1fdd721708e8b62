import { CelCompileError } from '../../api/cel/parser/source.ts';
import type { Program } from '../../api/cel/program.ts';
import { type FieldError, invalid } from '../../api/field-errors.ts';

/** What `compile` makes of the expression, or what is wrong with it. */
export function compiled(
  expression: string,
  field: string,
  compile: () => Program,
): Program | FieldError[] {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    // What it answers is not a fault of its own.
    const prefix = error.message.startsWith('must evaluate to ') ? '' : 'compilation failed: ';
    return [invalid(field, expression, prefix + error.message)];
  }
}
