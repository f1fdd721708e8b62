/** What is wrong with a constant format and the literal list of its arguments. */
import type { Checked } from './checker.ts';
import { clausesOf, FormatFault, wanted } from './libraries/format-clauses.ts';
import type { Issue } from './parser/source.ts';
import type { Call, Expr } from './parser/syntax.ts';
import type { CelType } from './types.ts';

const fitting: Readonly<Record<string, readonly CelType['kind'][]>> = {
  s: [
    ...(['int', 'uint', 'double', 'bool', 'string', 'bytes'] as const),
    ...(['timestamp', 'duration', 'null', 'type', 'list', 'map'] as const),
  ],
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  x: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
};

export function formatIssues(call: Call, checked: Checked): Issue[] {
  const { target, args, at } = call;
  const [list] = args;
  if (target?.type !== 'constant' || typeof target.value !== 'string') return [];
  if (list?.type !== 'list') return [];
  const given = list.elements.map(({ value }) => value);
  let next = 0;
  try {
    for (const clause of clausesOf(target.value)) {
      if (clause.type === 'text') continue;
      const arg = given[next];
      if (arg === undefined) throw new FormatFault(`index ${next} out of range`);
      const issue = unfit(clause.verb.toLowerCase(), arg, checked);
      if (issue !== undefined) return [issue];
      next++;
    }
  } catch (error) {
    if (error instanceof FormatFault) return [{ at, message: error.message }];
    throw error;
  }
  if (given.length <= next) return [];
  const counts = `(expected ${next}, got ${given.length})`;
  return [{ at, message: `too many arguments supplied to string.format ${counts}` }];
}

function unfit(verb: string, arg: Expr, { types }: Checked): Issue | undefined {
  const type = types.get(arg);
  if (type === undefined || type.kind === 'dyn' || type.kind === 'parameter') return undefined;
  if (fitting[verb]!.includes(type.kind)) return undefined;
  const [clause, kinds] = wanted[verb]!;
  const given = type.kind === 'opaque' || type.kind === 'object' ? type.name : type.kind;
  const text = `${clause} clause can only be used on ${kinds}, was given ${given}`;
  return { at: arg.at, message: `error during formatting: ${text}` };
}
