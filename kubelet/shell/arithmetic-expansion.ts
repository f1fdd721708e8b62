import { NAME_AT, ShellSyntaxError } from './tokens.ts';

type Operation = (a: number, b: number) => number;

/** Of one rank, from the weakest to the strongest. */
const ranks: readonly Readonly<Record<string, Operation>>[] = [
  { '==': (a, b) => Number(a === b), '!=': (a, b) => Number(a !== b) },
  {
    '<=': (a, b) => Number(a <= b),
    '>=': (a, b) => Number(a >= b),
    '<': (a, b) => Number(a < b),
    '>': (a, b) => Number(a > b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': quotient, '%': (a, b) => a - quotient(a, b) * b },
];

function quotient(a: number, b: number): number {
  if (b === 0) throw new ShellSyntaxError('divide by zero');
  return Math.trunc(a / b);
}

/** `$((…))`: sums of whole numbers and variables (POSIX XCU, 2.6.4), without assignments. */
export function sumOf(expression: string, variable: (name: string) => string): number {
  let rest = expression.trim();
  const take = (pattern: RegExp): string | undefined => {
    const found = pattern.exec(rest)?.[0];
    if (found !== undefined) rest = rest.slice(found.length).trimStart();
    return found;
  };
  const term = (): number => {
    if (take(/^-/) !== undefined) return -term();
    if (take(/^\(/) !== undefined) {
      const inner = at(0);
      if (take(/^\)/) === undefined) throw new ShellSyntaxError('arithmetic syntax error');
      return inner;
    }
    const number = take(/^\d+/);
    if (number !== undefined) return Number(number);
    const name = take(new RegExp(`^\\$?${NAME_AT.source.slice(1)}`));
    if (name === undefined) throw new ShellSyntaxError('arithmetic syntax error');
    return Math.trunc(Number(variable(name.replace('$', '')))) || 0;
  };
  const at = (rank: number): number => {
    const operations = ranks[rank];
    if (operations === undefined) return term();
    let value = at(rank + 1);
    for (;;) {
      const operator = Object.keys(operations).find((each) => rest.startsWith(each));
      if (operator === undefined) return value;
      rest = rest.slice(operator.length).trimStart();
      value = operations[operator]!(value, at(rank + 1));
    }
  };
  const value = at(0);
  if (rest !== '') throw new ShellSyntaxError('arithmetic syntax error');
  return value;
}
