/** Every flag of every command of stock kubectl: ours has it, of the same letter, and no other. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { CommandEntry } from '../../../kubectl-lite/command.ts';
import { commandTree } from '../../../kubectl-lite/commands/tree.ts';
import type { Flag, Flags } from '../../../kubectl-lite/flags/flag.ts';
import { goDurationText } from '../../../platform/go-duration.ts';
import { globalFlags } from '../../../kubectl-lite/flags/global.ts';
import { stock } from './side-by-side.ts';

const binary = stock();

/** What docs/COMPATIBILITY.md says is not there. */
const missingCommands = ['alpha'];

/** What only kubectl-lite has, and what it takes where kubectl does not ask for it. */
const extraFlags: Readonly<Record<string, readonly string[]>> = {
  get: ['at', 'at-revision', 'live'],
  attach: ['filename'],
  diff: ['validate'],
  wait: ['kustomize'],
  'apply set-last-applied': ['kustomize', 'recursive'],
  'rollout status': ['allow-missing-template-keys', 'output', 'show-managed-fields', 'template'],
  'set env': ['all-namespaces'],
  'set image': ['all-namespaces'],
  'set resources': ['all-namespaces'],
  'set selector': ['all-namespaces', 'kustomize', 'selector'],
  'set serviceaccount': ['all-namespaces', 'selector'],
  'set subject': ['all-namespaces'],
};

/** What the kubectl beside ours need not know: of kubectl 1.34, or no more in its help, or alpha. */
const ofOneRelease: Readonly<Record<string, readonly string[]>> = {
  // Of kubectl with KUBECTL_APPLYSET=true.
  apply: ['applyset'],
  autoscale: ['cpu', 'cpu-percent', 'memory'],
};

/** Defaults that help tells otherwise than they are: written in another way, or to be understood. */
const otherDefaults = ['cache-dir', 'create quota --scopes', 'port-forward --address'];

/** What a flag is without being given, by command; kubectl shows another. */
const ownDefaults: Readonly<Record<string, string>> = {
  'apply edit-last-applied --output': "'yaml'",
  'create clusterrole --aggregation-rule': "''",
  'create cronjob --restart': "'OnFailure'",
  'edit --output': "'yaml'",
};

interface StockFlag {
  readonly letter: string;
  readonly default: string;
}

interface StockCommand {
  readonly path: readonly string[];
  readonly flags: ReadonlyMap<string, StockFlag>;
}

const help = (words: readonly string[]): string =>
  execFileSync(binary!, [...words], { encoding: 'utf8' });

/** "-o, --output='':" lines as name → letter and default. */
const flagsIn = (text: string): Map<string, StockFlag> =>
  new Map(
    [...text.matchAll(/^ {4}(?:-(\w), )?--([\w-]+)=(.*):$/gm)].map(
      ([, letter = '', name, shown]) => [name!, { letter, default: shown! }],
    ),
  );

/** A default as kubectl's help shows it. */
function shownDefault({ default: value, placeholder }: Flag<unknown>): string {
  if (placeholder === 'duration') return goDurationText(value as number);
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function* stockCommands(path: readonly string[]): Generator<StockCommand> {
  const text = help([...path, '--help']);
  if (path.length > 0) yield { path, flags: flagsIn(text) };
  const lists = text.matchAll(/^[^\n]*Commands[^\n]*:\n((?: {2}\S[^\n]*\n)+)/gm);
  for (const [, lines = ''] of lists) {
    for (const [, name] of lines.matchAll(/^ {2}(\S+)/gm)) {
      if (!missingCommands.includes(name!)) yield* stockCommands([...path, name!]);
    }
  }
}

async function flagsOf(path: readonly string[]): Promise<Flags | undefined> {
  let children: readonly CommandEntry[] | undefined = commandTree;
  let entry: CommandEntry | undefined;
  for (const word of path) {
    entry = children?.find(({ name, aliases = [] }) => name === word || aliases.includes(word));
    children = entry?.subcommands;
  }
  if (entry === undefined) return undefined;
  const loaded = await entry.load?.();
  return loaded?.flags ?? {};
}

const commands = binary === undefined ? [] : [...stockCommands([])];

describe.skipIf(binary === undefined)('flags', () => {
  it('knows commands', () => {
    expect(commands.length).toBeGreaterThan(80);
  });

  it('of all commands are those of kubectl', () => {
    const wanted = new Set([...help(['options']).matchAll(/--([\w-]+)=/g)].map(([, name]) => name));
    const ours = Object.keys(globalFlags);
    expect(ours.filter((name) => !wanted.has(name))).toEqual(['help']);
    expect([...wanted].filter((name) => !ours.includes(name!))).toEqual([]);
  });

  it.each(commands.map(({ path, flags }) => [path.join(' '), flags] as const))(
    '%s',
    async (path, wanted) => {
      const ours = await flagsOf(path.split(' '));
      expect(ours, 'the command').toBeDefined();
      const all: Flags = { ...globalFlags, ...ours };
      expect([...wanted.keys()].filter((name) => all[name] === undefined)).toEqual([]);
      const own = Object.keys(ours!).filter(
        (name) => !wanted.has(name) && !ofOneRelease[path]?.includes(name),
      );
      expect(own.sort()).toEqual([...(extraFlags[path] ?? [])].sort());
      const letters = Object.keys(ours!).filter((name) => wanted.has(name));
      expect(letters.map((name) => [name, all[name]!.shorthand ?? ''])).toEqual(
        letters.map((name) => [name, wanted.get(name)!.letter]),
      );
      for (const [name, stockFlag] of wanted) {
        const title = `${path} --${name}`;
        if (otherDefaults.some((other) => other === name || other === title)) continue;
        expect(`${title} ${shownDefault(all[name]!)}`).toBe(
          `${title} ${ownDefaults[title] ?? stockFlag.default}`,
        );
      }
    },
  );
});
