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
    const remove = specs.filter((spec) => spec.endsWith('-')).map((spec) => spec.slice(0, -1));
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

const operationOf = (add: readonly Taint[], remove: readonly string[]): string =>
  remove.length === 0 ? 'tainted' : add.length === 0 ? 'untainted' : 'modified';

/** "key=value:Effect" or "key:Effect" */
function parseTaint(spec: string): Taint {
  const [, key = '', value, effect = ''] = /^([^=:]+)(?:=([^:]*))?(?::(.*))?$/.exec(spec) ?? [];
  if (key === '' || effect === '') throw new UsageError(`invalid taint spec: ${spec}`);
  if (!effects.includes(effect)) {
    throw new UsageError(`invalid taint effect: ${effect}, unsupported taint effect`);
  }
  return { key, effect, ...(value ? { value } : {}) };
}

function retainted(
  before: readonly Taint[],
  change: {
    add: readonly Taint[];
    remove: readonly string[];
    overwrite: boolean;
    located: { readonly name: string };
  },
): Taint[] {
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  const taken = change.add.filter((taint) => before.some((old) => same(old, taint)));
  if (taken.length > 0 && !change.overwrite) {
    const keys = taken.map(({ key }) => key).join(',');
    throw new UsageError(
      `node ${change.located.name} already has ${keys} taint(s) with same effect(s) and ` +
        '--overwrite is false',
    );
  }
  let kept = before.filter((old) => !change.add.some((taint) => same(old, taint)));
  for (const spec of change.remove) {
    const [key, effect = ''] = spec.replace(/=[^:]*/, '').split(':');
    const rest = kept.filter((t) => !(t.key === key && (effect === '' || t.effect === effect)));
    if (rest.length === kept.length)
      throw new UsageError(`taint ${JSON.stringify(spec)} not found`);
    kept = rest;
  }
  return [...change.add, ...kept];
}
