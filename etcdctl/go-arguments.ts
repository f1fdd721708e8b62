/**
 * Command lines as etcdctl's own parser takes them: commands by any beginning that only one of
 * them has (`mem list`), booleans with a value (`--hex=true`).
 */
import type { Command } from 'commander';

const isCalled = (command: Command, word: string): boolean =>
  command.name() === word || command.aliases().includes(word);

/** The words with the commands that they begin with in full. */
function inFull(command: Command, words: readonly string[]): string[] {
  const [word, ...rest] = words;
  if (word === undefined || command.commands.length === 0) return [...words];
  const exact = command.commands.find((each) => isCalled(each, word));
  const begun = command.commands.filter((each) => each.name().startsWith(word));
  const found = exact ?? (begun.length === 1 ? begun[0] : undefined);
  return found === undefined ? [...words] : [found.name(), ...inFull(found, rest)];
}

const withAll = (command: Command): Command[] => [command, ...command.commands.flatMap(withAll)];

/** Long names of flags that take no value wherever they are known. */
function booleansOf(program: Command): ReadonlySet<string> {
  const options = withAll(program).flatMap((command) => command.options);
  const valued = new Set(options.filter((each) => !each.isBoolean()).map(({ long }) => long));
  return new Set(options.flatMap(({ long }) => (long && !valued.has(long) ? [long] : [])));
}

function withoutValues(args: readonly string[], booleans: ReadonlySet<string>): string[] {
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  const plain = flags.flatMap((arg) => {
    const [, name = '', value] = /^(--[a-z0-9-]+)=(true|false)$/.exec(arg) ?? [];
    if (!booleans.has(name)) return [arg];
    return value === 'true' ? [name] : [];
  });
  return end < 0 ? plain : [...plain, ...args.slice(end)];
}

/** Once all commands are there. */
export function takeGoArguments(program: Command): void {
  const booleans = booleansOf(program);
  const parse = program.parseOptions.bind(program);
  program.parseOptions = (args) => {
    const { operands, unknown } = parse(withoutValues(args, booleans));
    return { operands: inFull(program, operands), unknown };
  };
}
