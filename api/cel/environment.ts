/**
 * CEL as Kubernetes offers it: the standard definitions, its own libraries, and the variables
 * that a place declares (self, object, request, …). In: an expression. Out: a {@link Program},
 * or a {@link CelCompileError} with cel-go's text.
 */
import { check, type Checked } from './checker.ts';
import { libraries } from './libraries/libraries.ts';
import { literalIssues } from './literals.ts';
import type { Declarations } from './declarations.ts';
import type { Overload } from './overloads.ts';
import { parse } from './parser/parser.ts';
import { Program } from './program.ts';
import { CelCompileError, compileError } from './parser/source.ts';
import { assignable, type CelType, formatType } from './types.ts';

function byName(overloads: readonly Overload[]): ReadonlyMap<string, readonly Overload[]> {
  const map = new Map<string, Overload[]>();
  for (const each of overloads) {
    const known = map.get(each.name);
    if (known === undefined) map.set(each.name, [each]);
    else known.push(each);
  }
  return map;
}

let everyFunction: ReadonlyMap<string, readonly Overload[]> | undefined;

/** Places that declare the same variables share one. */
export class Environment {
  readonly #declarations: Declarations;

  constructor(variables: Readonly<Record<string, CelType>>, structs?: Declarations['structs']) {
    everyFunction ??= byName(libraries);
    const declared = new Map(Object.entries(variables));
    this.#declarations = { variables: declared, functions: everyFunction, structs };
  }

  /** The same with more variables. */
  with(variables: Readonly<Record<string, CelType>>): Environment {
    const { structs } = this.#declarations;
    const all = { ...Object.fromEntries(this.#declarations.variables), ...variables };
    return new Environment(all, structs);
  }

  /**
   * Throws {@link CelCompileError}. `results`: what the expression may answer; default anything.
   * `strict`: it must be one of them exactly; one that only a run can tell is not.
   */
  compile(source: string, results?: readonly CelType[], strict = false): Program {
    const checked = this.check(source);
    const { type } = checked;
    const unknown = type.kind === 'dyn' && !strict;
    const right = results?.some((result) => fits(type, result, strict)) ?? true;
    if (results !== undefined && !unknown && !right) {
      const wanted = results.map((each) => (each.kind === 'null' ? 'null_type' : formatType(each)));
      const list = wanted.length === 1 ? wanted[0] : `one of [${wanted.join(' ')}]`;
      const given = strict ? ` but got ${formatType(type)}` : '';
      throw new CelCompileError(`must evaluate to ${list}${given}`);
    }
    return new Program(checked, [...this.#declarations.variables.keys()]);
  }

  /** Without making it ready to run. */
  check(source: string): Checked {
    const expr = parse(source);
    const { checked, issues } = check(expr, this.#declarations);
    if (issues.length > 0) throw compileError(source, issues);
    const literals = literalIssues(checked);
    if (literals.length > 0) throw compileError(source, literals);
    return checked;
  }
}

function fits(type: CelType, result: CelType, strict: boolean): boolean {
  if (type.kind === 'dyn' || strict) return formatType(type) === formatType(result);
  return assignable(result, type, new Map());
}
