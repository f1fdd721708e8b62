/**
 * Command lines as etcdctl's own parser takes them: commands by any beginning that only one of
 * them has (`mem list`), booleans with a value (`--hex=true`), a command's flags before it.
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

/**
 * The flags that stand before the command, behind it if one of them is the command's own. Of a flag
 * that only a command knows the next word is taken for its value, as etcdctl does.
 */
function commandFirst(program: Command, args: readonly string[]): string[] {
  const known = (arg: string) =>
    program.options.find(({ long, short }) => [long, short].includes(arg));
  let at = 0;
  let hasOwn = false;
  for (let arg = args[0]; arg?.startsWith('-') === true && arg !== '--'; arg = args[at]) {
    const name = arg.replace(/=.*/s, '');
    hasOwn ||= known(name) === undefined && !['-h', '--help'].includes(name);
    at += arg.includes('=') || known(name)?.isBoolean() === true ? 1 : 2;
  }
  if (!hasOwn || at >= args.length || args[at] === '--') return [...args];
  const words = args.slice(at);
  let [depth, command] = [0, program as Command | undefined];
  while (command !== undefined && command.commands.length > 0 && depth < words.length) {
    const name = inFull(command, words.slice(depth))[0]!;
    command = command.commands.find((each) => isCalled(each, name));
    if (command !== undefined) depth++;
  }
  return [...words.slice(0, depth), ...args.slice(0, at), ...words.slice(depth)];
}

/** Once all commands are there. */
export function takeGoArguments(program: Command): void {
  const booleans = booleansOf(program);
  const parse = program.parseOptions.bind(program);
  program.parseOptions = (args) => {
    const { operands, unknown } = parse(commandFirst(program, withoutValues(args, booleans)));
    return { operands: inFull(program, operands), unknown };
  };
}
