import { describe, expect, it } from 'vitest';
import type { CommandEntry } from './command.ts';
import { commandTree } from './commands/tree.ts';
import { globalFlags } from './flags/global.ts';
import type { Flags } from './flags/flag.ts';
import { parseLine } from './flags/parse.ts';
import { commandHelp } from './help.ts';
import { examples } from './help-examples.ts';

interface Runnable {
  readonly path: string;
  readonly entry: CommandEntry;
  readonly load: NonNullable<CommandEntry['load']>;
}

function runnable(entries: readonly CommandEntry[], parents: readonly string[] = []): Runnable[] {
  return entries.flatMap((entry) => {
    const words = [...parents, entry.name];
    const own =
      entry.load === undefined ? [] : [{ path: words.join(' '), entry, load: entry.load }];
    return [...own, ...runnable(entry.subcommands ?? [], words)];
  });
}

const commands = runnable(commandTree);

/** Words as a shell parts them, quotes taken away. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));

describe('the help of every command', () => {
  it.each(commands)(
    '$path: what it does, examples, options, usage',
    async ({ path, entry, load }) => {
      const loaded = await load();
      const text = commandHelp(`kubectl-lite ${path}`, entry, loaded);
      const headings = [...text.matchAll(/^(\w[\w ]*):$/gm)].map(([, name]) => name);
      const wanted = ['Aliases', 'Examples', 'Available Commands', 'Options', 'Usage'];
      expect(headings).toEqual(wanted.filter((name) => headings.includes(name)));
      expect(headings).toEqual(expect.arrayContaining(['Examples', 'Usage']));
      expect(text).toMatch(/^[A-Z].*\.\n/);
    },
  );

  it.each(commands)('$path: its examples are lines that it takes', async ({ path, load }) => {
    const flags = { ...globalFlags, ...((await load()).flags as Flags) };
    for (const { lines } of examples[path]!) {
      for (const line of lines) {
        expect(`${line} `.startsWith(`${path} `), line).toBe(true);
        expect(() => parseLine(flags, wordsOf(line.slice(path.length))), line).not.toThrow();
      }
    }
  });

  it('has examples for no command that is not there', () => {
    const known = new Set(commands.map(({ path }) => path));
    expect(Object.keys(examples).filter((path) => !known.has(path))).toEqual([]);
  });
});
