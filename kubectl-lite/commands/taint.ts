import type { Node } from '../../api/types/core-v1.ts';
import { command } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, outputFlags } from '../printers/change-printer.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { dryRunFlag, fieldManagerFlag, selectorFlag } from '../resource/flags.ts';
import { sendPatch } from '../resource/patch.ts';
import { UsageError } from '../usage-error.ts';

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export const taint = command({
  usage: 'NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N [options]',
  flags: {
    ...selectorFlag,
    ...dryRunFlag,
    ...outputFlags,
    ...fieldManagerFlag('kubectl-taint'),
    all: boolean('All nodes'),
    validate: text('Accepted for compatibility: a taint has no other fields', {
      value: 'strict',
      alone: 'strict',
    }),
    overwrite: boolean('Replace taints of the same key and effect'),
  },
  async run(session, { words, flags }) {
    const isTaint = (word: string): boolean => /[=:]/.test(word) || word.endsWith('-');
    const specs = words.filter(isTaint);
    const names = words.filter((word) => !isTaint(word));
    if (names.length === 0) throw new UsageError('one or more resources must be specified');
    if (specs.length === 0) throw new UsageError('at least one taint update is required');
    const resources = await session.resources();
    const type = names[0]!.split('/')[0]!;
    if (resources.find(type).kind !== 'Node') {
      throw new UsageError(`invalid resource type ${type}, only node types are supported`);
    }
    const add = specs.filter((spec) => !spec.endsWith('-')).map(parseTaint);
    const remove = specs.filter((spec) => spec.endsWith('-')).map(parseRemoval);
    checkDuplicates(add);
    checkConflicts(add, remove);
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, dryRun);
    const found = await locate(session, { ...flags, words: names });
    return visitLive(session, found, async (located, live) => {
      const before = (live as Node).spec.taints ?? [];
      const taints = retainted(before, { add, remove, located, overwrite: flags.overwrite });
      const after = { ...live, spec: { ...(live as Node).spec, taints } };
      const sent =
        dryRun === 'client'
          ? after
          : await sendPatch(session, located, {
              body: { spec: { taints } },
              contentType: 'application/merge-patch+json',
              dryRun,
              fieldManager: flags['field-manager'],
            });
      printer.print(located, operationOf(add, remove), sent);
    });
  },
});

/** What is to go: all taints of a key, or those of one effect. */
interface Removal {
  readonly key: string;
  readonly effect: string;
  readonly spec: string;
}

/** "key-", "key:Effect-" or "key=value:Effect-" */
function parseRemoval(word: string): Removal {
  const spec = word.slice(0, -1);
  const [key = '', effect = ''] = spec.replace(/=[^:]*/, '').split(':');
  return { key, effect, spec };
}

function checkDuplicates(add: readonly Taint[]): void {
  for (const [index, { key, value = '', effect }] of add.entries()) {
    if (!add.slice(0, index).some((before) => isSame(before, { key, effect }))) continue;
    const shown = `{${key} ${value} ${effect} <nil>}`;
    const message = `duplicated taints with the same key and effect: ${shown}`;
    throw new UsageError(message, { seeHelp: true });
  }
}

/** One command cannot add and remove the same taint. */
function checkConflicts(add: readonly Taint[], remove: readonly Removal[]): void {
  const conflicts = add.flatMap((taint) => remove.filter((each) => isMeant(each, taint)));
  if (conflicts.length === 0) return;
  const named = conflicts.map(({ key, effect }) => `${key}=${effect}`).join(', ');
  throw new UsageError(
    `can not both modify and remove the following taint(s) in the same command: ${named}`,
  );
}

const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;

const isMeant = (removal: Removal, { key, effect }: Taint): boolean =>
  removal.key === key && (removal.effect === '' || removal.effect === effect);

const operationOf = (add: readonly Taint[], remove: readonly Removal[]): string =>
  remove.length === 0 ? 'tainted' : add.length === 0 ? 'untainted' : 'modified';

/** "key=value:Effect" or "key:Effect" */
function parseTaint(spec: string): Taint {
  const [, key = '', value, effect = ''] = /^([^=:]+)(?:=([^:]*))?(?::(.*))?$/.exec(spec) ?? [];
  if (key === '' || effect === '')
    throw new UsageError(`invalid taint spec: ${spec}`, { seeHelp: true });
  if (!effects.includes(effect)) {
    const message = `invalid taint effect: ${effect}, unsupported taint effect`;
    throw new UsageError(message, { seeHelp: true });
  }
  return { key, effect, ...(value ? { value } : {}) };
}

function retainted(
  before: readonly Taint[],
  change: {
    add: readonly Taint[];
    remove: readonly Removal[];
    overwrite: boolean;
    located: { readonly name: string };
  },
): Taint[] {
  const taken = change.add.filter((taint) => before.some((old) => isSame(old, taint)));
  if (taken.length > 0 && !change.overwrite) {
    const keys = taken.map(({ key }) => key).join(',');
    throw new UsageError(
      `node ${change.located.name} already has ${keys} taint(s) with same effect(s) and ` +
        '--overwrite is false',
    );
  }
  let kept = before.filter((old) => !change.add.some((taint) => isSame(old, taint)));
  for (const removal of change.remove) {
    const rest = kept.filter((taint) => !isMeant(removal, taint));
    if (rest.length === kept.length)
      throw new UsageError(`taint ${JSON.stringify(removal.spec)} not found`);
    kept = rest;
  }
  return [...change.add, ...kept];
}
