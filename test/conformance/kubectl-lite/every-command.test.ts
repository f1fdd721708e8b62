/** No command without a transcript, and docs/COMPATIBILITY.md says in which file each stands. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CommandEntry } from '../../../kubectl-lite/command.ts';
import { commandTree } from '../../../kubectl-lite/commands/tree.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** What kubectl has no twin of: told by stories. */
const ownCommands = ['tree', 'why', 'history'];
const stories = 'test/e2e/kubectl-lite-stories.test.ts';

/** "rollout status": every command that can be run. */
function* leaves(entries: readonly CommandEntry[], path = ''): Generator<string> {
  for (const { name, load, subcommands } of entries) {
    if (load !== undefined) yield path + name;
    if (subcommands !== undefined) yield* leaves(subcommands, `${path}${name} `);
  }
}

const commands = [...leaves(commandTree)].sort();

/** A test as the lines it runs: `both('get', 'pods')` and `says('get pods')` are both "get pods". */
function linesOf(path: string): string {
  const text = readFileSync(path, 'utf8');
  const words = text.replaceAll(/',\s*'/g, ' ').replaceAll(/--kubeconfig=\S+ \$\{line\}/g, '');
  return words.replaceAll(/['"`[(]/g, '\n');
}

function filesWith(command: string): string[] {
  const words = new RegExp(`^${command.replaceAll('-', '\\-')}( |$|\n)`, 'm');
  // The suite of `config` writes that word once, before all lines.
  const short = new RegExp(`^${command.replace(/^config /, '')}( |$|\n)`, 'm');
  return readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.test.ts') && name !== 'every-command.test.ts')
    .filter((name) => {
      const lines = linesOf(join(import.meta.dirname, name));
      return words.test(lines) || (name === 'config.test.ts' && short.test(lines));
    });
}

describe('every command', () => {
  it.each(commands.filter((command) => !ownCommands.includes(command)))(
    '%s has a transcript beside kubectl',
    (command) => {
      expect(filesWith(command)).not.toEqual([]);
    },
  );

  it.each(ownCommands)('%s has a story', (command) => {
    expect(readFileSync(join(root, stories), 'utf8')).toMatch(new RegExp(`'${command} `));
  });
});
