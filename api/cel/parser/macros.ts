/** Calls that are not functions: has, comprehensions, and mapping of optional values. */
import { SyntaxFault } from './lexer.ts';
import type { Call, Expr, FoldMacro } from './syntax.ts';

type Sent = Pick<Call, 'name' | 'target' | 'args' | 'at'>;

/** Undefined if it is an ordinary call. */
export function expandMacro(call: Sent): Expr | undefined {
  const { name, target, args } = call;
  if (target === undefined)
    return name === 'has' && args.length === 1 ? presence(args[0]!, call.at) : undefined;
  const fold = folds.find((each) => each.name === name && each.arity === args.length);
  if (fold !== undefined) return folded(call, fold);
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) {
    const variable = variableOf(args[0]!, `${name}() variable name must be a simple identifier`);
    const flat = name === 'optFlatMap';
    return { type: 'optionalMap', target, variable, body: args[1]!, flat, at: call.at };
  }
  return undefined;
}

function presence(argument: Expr, at: number): Expr {
  if (argument.type !== 'select' || argument.optional)
    throw new SyntaxFault(argument.at, 'invalid argument to has() macro');
  return { ...argument, test: true, at };
}

interface FoldForm {
  readonly name: string;
  readonly macro: FoldMacro;
  readonly arity: number;
  readonly variables: 1 | 2;
  readonly filtered?: boolean;
}

const one = (name: string, macro: FoldMacro): FoldForm => ({ name, macro, arity: 2, variables: 1 });
const two = (name: string, macro: FoldMacro): FoldForm => ({ name, macro, arity: 3, variables: 2 });
const filtered = (form: FoldForm): FoldForm => ({
  ...form,
  arity: form.arity + 1,
  filtered: true,
});

const folds: readonly FoldForm[] = [
  one('all', 'all'),
  one('exists', 'exists'),
  one('exists_one', 'exists_one'),
  one('map', 'map'),
  filtered(one('map', 'map')),
  one('filter', 'filter'),
  two('all', 'all'),
  two('exists', 'exists'),
  two('existsOne', 'exists_one'),
  two('exists_one', 'exists_one'),
  two('transformList', 'map'),
  filtered(two('transformList', 'map')),
  two('transformMap', 'transformMap'),
  filtered(two('transformMap', 'transformMap')),
  two('transformMapEntry', 'transformMapEntry'),
  filtered(two('transformMapEntry', 'transformMapEntry')),
];

function folded({ target, args, at }: Sent, { macro, variables, filtered }: FoldForm): Expr {
  const collects = variables === 1 && (macro === 'map' || macro === 'filter');
  const fault = collects ? 'argument is not an identifier' : 'argument must be a simple name';
  const names = args.slice(0, variables).map((each) => variableOf(each, fault));
  if (new Set(names).size < names.length)
    throw new SyntaxFault(args[1]!.at, `duplicate variable name: ${names[1]}`);
  const filter = filtered ? args[variables] : undefined;
  const body = args[args.length - 1]!;
  return { type: 'fold', macro, range: target!, variables: names, filter, body, at };
}

function variableOf(expr: Expr, fault: string): string {
  if (expr.type === 'ident') return expr.name;
  throw new SyntaxFault(expr.at, fault);
}
