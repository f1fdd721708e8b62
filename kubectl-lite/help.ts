/** Help texts, and what a mistyped word may have meant. Loaded only when they are needed. */
import type { AnyCommand, CommandEntry } from './command.ts';
import { commandTree } from './commands/tree.ts';
import type { Flags } from './flags/flag.ts';
import { flagsHelp } from './flags/help.ts';
import { examples } from './help-examples.ts';
import { isNear } from './near.ts';

export function suggestCommands(word: string, entries: readonly CommandEntry[]): string {
  const typed = word.toLowerCase();
  const near = entries.filter(
    ({ name, suggestFor = [] }) =>
      isNear(typed, name) || name.startsWith(typed) || suggestFor.includes(typed),
  );
  return didYouMean(near.map((entry) => entry.name));
}

export function suggestFlags(unknown: string, flags: Flags): string {
  const typed = unknown.slice(2);
  const near = Object.keys(flags).filter((name) => isNear(typed, name) || name.startsWith(typed));
  return didYouMean(near.map((name) => `--${name}`));
}

const didYouMean = (found: readonly string[]): string =>
  found.length === 0 ? '' : `\n\nDid you mean this?\n${found.map((s) => `\t${s}`).join('\n')}`;

export function groupHelp(path: string, entry: CommandEntry | undefined): string {
  const entries = entry?.subcommands ?? commandTree;
  const width = Math.max(...entries.map(({ name }) => name.length));
  const about = entry?.short ?? 'kubectl-lite controls the objects of a Kubernetes cluster.';
  return [
    `${about}.`.replace(/\.\.$/, '.'),
    '',
    entry === undefined ? 'Commands:' : 'Available Commands:',
    ...entries.map(({ name, short }) => `  ${name.padEnd(width)}   ${short}`),
    '',
    'Usage:',
    `  ${path} ${entry === undefined ? '[flags] [options]' : 'SUBCOMMAND [options]'}`,
    '',
    `Use "${path} <command> --help" for more information about a given command.`,
    '',
  ].join('\n');
}

export function commandHelp(path: string, entry: CommandEntry, loaded: AnyCommand): string {
  const flags = flagsHelp(loaded.flags);
  const subcommands = (entry.subcommands ?? []).map(({ name, short }) => `  ${name}   ${short}`);
  const aliases = [entry.name, ...(entry.aliases ?? [])];
  return [
    `${entry.short}.`,
    ...(aliases.length > 1 ? ['', 'Aliases:', aliases.join(', ')] : []),
    ...exampleLines(path),
    ...(subcommands.length > 0 ? ['', 'Available Commands:', ...subcommands] : []),
    ...(flags.length > 0 ? ['', 'Options:', ...flags] : []),
    '',
    'Usage:',
    `  ${path} ${loaded.usage}`,
    '',
  ].join('\n');
}

function exampleLines(path: string): string[] {
  const [program, ...words] = path.split(' ');
  const found = examples[words.join(' ')] ?? [];
  if (found.length === 0) return [];
  const texts = found.flatMap(({ about, lines }) => [
    `  # ${about}`,
    ...lines.map((line) => `  ${program} ${line}`),
  ]);
  return ['', 'Examples:', ...texts];
}
