/** Constants that can never be what they are passed for. */
import { regex } from './libraries/regex.ts';
import type { Checked } from './checker.ts';
import { formatIssues } from './format-issues.ts';
import type { Issue } from './parser/source.ts';
import type { Expr } from './parser/syntax.ts';
import { timestamp } from './arithmetic.ts';
import { parseDuration, parseTimestamp } from './libraries/time.ts';
import { CelError } from './values.ts';

const readers: Readonly<Record<string, (value: string | bigint) => unknown>> = {
  matches: (text) => typeof text === 'string' && regex(text),
  // Of nanoseconds: Kubernetes has the validator of texts only.
  duration: (text) => parseDuration(String(text)),
  timestamp: (value) =>
    typeof value === 'string' ? parseTimestamp(value) : timestamp(value * 1_000_000_000n),
};

export function literalIssues(checked: Checked): Issue[] {
  const issues: Issue[] = [];
  visit(checked.expr, (node) => {
    if (node.type !== 'call') return;
    if (node.name === 'format') issues.push(...formatIssues(node, checked));
    const read = Object.hasOwn(readers, node.name) ? readers[node.name] : undefined;
    const [first, second] = node.args;
    const argument = node.name === 'matches' && node.target === undefined ? second : first;
    if (read === undefined || argument?.type !== 'constant') return;
    if (typeof argument.value !== 'string' && typeof argument.value !== 'bigint') return;
    try {
      read(argument.value);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      issues.push({ at: argument.at, message: `invalid ${node.name} argument` });
    }
  });
  return issues;
}

/** Every node, parents first. */
export function visit(expr: Expr, each: (expr: Expr) => void): void {
  each(expr);
  for (const child of childrenOf(expr)) visit(child, each);
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.type) {
    case 'constant':
    case 'ident':
      return [];
    case 'select':
      return [expr.operand];
    case 'call':
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args];
    case 'logical':
      return expr.terms;
    case 'conditional':
      return [expr.condition, expr.then, expr.otherwise];
    case 'list':
      return expr.elements.map(({ value }) => value);
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expr.fields.map(({ value }) => value);
    case 'fold':
      return [expr.range, ...(expr.filter === undefined ? [] : [expr.filter]), expr.body];
    case 'optionalMap':
      return [expr.target, expr.body];
  }
}
