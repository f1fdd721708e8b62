/**
 * `diff`: the live object beside what an apply would make of it, as the server answers a dry run.
 * The comparison is left to `diff -u -N`, or to what KUBECTL_EXTERNAL_DIFF names.
 */
import { applyClientSide } from '../apply/client-side.ts';
import { applyFlags } from '../apply/flags.ts';
import { applyServerSide } from '../apply/server-side.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { stringifyYaml } from '../../api/yaml-text.ts';
import { command } from '../command.ts';
import { failureText, failuresText } from '../failure.ts';
import { boolean, integer, list, text } from '../flags/flag.ts';
import { maskedSecrets } from '../printers/masked-secrets.ts';
import { sortKeys } from '../../api/go-json.ts';
import { withoutManagedFields } from '../printers/managed-fields.ts';
import { locate } from '../resource/builder.ts';
import { filenameFlags, selectorFlag } from '../resource/flags.ts';
import { type Located, readLive } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { ApplyFlags } from '../apply/flags.ts';

/** kubectl tells failures apart from differences, which are 1. */
const FAILED = 2;

export const diff = command({
  usage: '-f FILENAME [options]',
  flags: {
    ...filenameFlags,
    ...selectorFlag,
    concurrency: integer('Accepted for compatibility: objects are compared one by one', {
      value: 1,
    }),
    'field-manager': applyFlags['field-manager'],
    'force-conflicts': applyFlags['force-conflicts'],
    prune: boolean('Show what apply --prune would delete, too'),
    'prune-allowlist': list('With --prune: kinds to consider, as "apps/v1/Deployment"'),
    'server-side': boolean('As apply --server-side would merge'),
    'show-managed-fields': boolean('Compare managedFields, too'),
    validate: text('Accepted for compatibility', { value: 'strict', alone: 'strict' }),
  },
  async run(session, { words, flags }) {
    try {
      if (words.length > 0) throw new UsageError(`Unexpected args: [${words.join(' ')}]`);
      if (flags.filename.length === 0 && flags.kustomize === '') {
        throw new UsageError('must specify one of -f and -k');
      }
      return await diffAll(session, flags as unknown as ApplyFlags);
    } catch (error) {
      session.complain(failureText(error));
      return FAILED;
    }
  },
});

async function diffAll(session: Session, flags: ApplyFlags): Promise<number> {
  const { temporaryFolder } = session.environment;
  // kubectl's own names: external programs may look for them.
  const sides = [await temporaryFolder('LIVE-'), await temporaryFolder('MERGED-')] as const;
  try {
    const found = await locate(session, { ...flags, words: [] });
    const failures: unknown[] = [...found.failures];
    const write = sideWriter(session, [sides[0].path, sides[1].path], flags['show-managed-fields']);
    const merged: Located[] = [];
    for (const located of found.located) {
      try {
        const after = await writeSides(session, located, { flags, write });
        merged.push({ ...located, object: after });
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) {
      session.complain(failuresText(failures));
      return FAILED;
    }
    if (flags.prune) await writePruned(session, merged, { flags, write });
    return await compare(session, [sides[0].path, sides[1].path]);
  } finally {
    for (const side of sides) await side.remove();
  }
}

type Write = (located: Located, live: unknown, merged: unknown) => Promise<void>;

function sideWriter(
  session: Session,
  [live, merged]: readonly [string, string],
  managed: boolean,
): Write {
  const { disk } = session.environment;
  const shown = (object: unknown): string =>
    stringifyYaml(sortKeys(managed ? object : withoutManagedFields(object)));
  return async (located, before, after) => {
    const { type, namespace = '', name } = located;
    const group = type.group === '' ? '' : `${type.group}.`;
    const file = `${group}${type.version}.${type.kind}.${namespace}.${name}`;
    const isSecret = type.kind === 'Secret' && type.group === '';
    const [from, to] = isSecret ? maskedSecrets(before, after) : [before, after];
    // kubectl's masking makes "null" of what is not there; programs that compare may know it.
    if (isSecret && before === undefined) await disk.write(`${live}/${file}`, 'null\n');
    if (from !== undefined) await disk.write(`${live}/${file}`, shown(from));
    if (to !== undefined) await disk.write(`${merged}/${file}`, shown(to));
  };
}

async function writeSides(
  session: Session,
  located: Located,
  { flags, write }: { readonly flags: ApplyFlags; readonly write: Write },
): Promise<KubernetesObject> {
  let live: KubernetesObject | undefined;
  try {
    live = await readLive(session, located);
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
  }
  const apply = flags['server-side'] ? applyServerSide : applyClientSide;
  const { object } = await apply(session, located, { flags, dryRun: 'server', annotate: false });
  await write(located, live, object);
  return object;
}

async function writePruned(
  session: Session,
  merged: readonly Located[],
  { flags, write }: { readonly flags: ApplyFlags; readonly write: Write },
): Promise<void> {
  const { prunable } = await import('../apply/prune.ts');
  for (const located of await prunable(session, merged, { ...flags, all: true })) {
    await write(located, located.object, undefined);
  }
}

async function compare(session: Session, sides: readonly string[]): Promise<number> {
  const { variables, programs } = session.environment;
  const [program = 'diff', ...args] = (variables['KUBECTL_EXTERNAL_DIFF'] ?? '')
    .split(' ')
    .filter((word) => /^[a-zA-Z0-9/\\:._-]+$/.test(word) || /^[-=]/.test(word));
  const options = program === 'diff' && args.length === 0 ? ['-u', '-N'] : args;
  let end;
  try {
    end = await programs.run({ program, args: [...options, ...sides], output: 'captured' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    session.complain(`error: failed to run ${JSON.stringify(program)}: ${reason}`);
    return FAILED;
  }
  session.output.out(end.out);
  if (end.code === 0 || end.code === 1) return end.code;
  session.complain(`error: exit status ${end.code}`);
  return end.code ?? FAILED;
}
