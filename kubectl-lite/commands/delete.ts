import { isStatus } from '../../api/status.ts';
import { command, type Line } from '../command.ts';
import { failuresText, withSource } from '../failure.ts';
import { boolean, duration, integer, text } from '../flags/flag.ts';
import { dryRunOf, dryRunQuery, dryRunSuffix } from '../printers/change-printer.ts';
import { Progress } from '../printers/progress.ts';
import { locate, visit } from '../resource/builder.ts';
import { allNamespacesFlag, dryRunFlag, filenameFlags, selectorFlag } from '../resource/flags.ts';
import { type Located, objectPath, titleOf } from '../resource/located.ts';
import { propagationOf } from '../resource/propagation.ts';
import { limited, states } from '../resource/watch-one.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { displayKind } from '../resource/resources.ts';

const deleteFlags = {
  ...filenameFlags,
  ...selectorFlag,
  ...allNamespacesFlag,
  ...dryRunFlag,
  all: boolean('All objects of the types named'),
  cascade: text('"background", "foreground" or "orphan": what becomes of the dependents', {
    value: 'background',
    alone: 'background',
  }),
  'field-selector': text('Field query, as "status.phase=Failed"'),
  force: boolean('Remove from the API at once'),
  'grace-period': integer('Seconds for the object to end by itself; negative: its own', {
    value: -1,
  }),
  interactive: boolean('Ask before anything is deleted', { shorthand: 'i' }),
  raw: text('A path to send the request to, as it is'),
  'ignore-not-found': boolean('Succeed if the object does not exist'),
  now: boolean('The same as --grace-period=1'),
  output: text('"name" for names only', { shorthand: 'o' }),
  timeout: duration('How long to wait; 0: as long as it takes'),
  wait: boolean('Wait until the objects are gone', { on: true }),
} as const;

type DeleteLine = Line<typeof deleteFlags>;

export const remove = command({
  usage: '([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)]) [options]',
  flags: deleteFlags,
  interrupted: 1,
  async run(session, line) {
    const { flags, words } = line;
    if (flags.raw !== '') {
      const { sendRaw } = await import('../resource/raw.ts');
      return sendRaw(session, { method: 'DELETE', ...flags });
    }
    const plan = planOf(session, line);
    if (flags.all && (flags.selector !== '' || flags['field-selector'] !== '')) {
      throw new UsageError("setting 'all' parameter but found a non empty selector. ");
    }
    const found = await locate(session, { ...flags, words });
    if (flags.interactive && found.located.length > 0) {
      const { confirmed } = await import('../resource/confirm.ts');
      if (!(await confirmed(session, found.located))) {
        session.print('deletion is cancelled');
        return 0;
      }
    }
    const missing = flags['ignore-not-found'] || flags.all;
    const waiting: { located: Located; uid: string }[] = [];
    const code = await visit(session, found, async (located) => {
      try {
        const uid = await removeOne(session, located, plan);
        if (uid !== undefined) waiting.push({ located, uid });
      } catch (error) {
        if (!(missing && isStatus(error, 'NotFound'))) {
          throw withSource(error, 'deleting', located.place);
        }
      }
    });
    if (found.located.length === 0 && code === 0) session.print('No resources found');
    if (code !== 0 || !flags.wait || plan.dryRun !== 'none') return code;
    return awaitGone(session, waiting, flags.timeout);
  },
});

interface DeletePlan {
  readonly options: Readonly<Record<string, unknown>>;
  readonly dryRun: ReturnType<typeof dryRunOf>;
  readonly verb: string;
  readonly nameOnly: boolean;
}

function planOf(session: Session, { flags }: DeleteLine): DeletePlan {
  const propagationPolicy = propagationOf(flags.cascade);
  if (flags.now && flags['grace-period'] !== -1) {
    throw new UsageError('--now and --grace-period cannot be specified together');
  }
  if (flags.output !== '' && flags.output !== 'name') {
    throw new UsageError(`unexpected -o output mode: ${flags.output}. We only support '-o name'`);
  }
  let grace = flags.now ? 1 : flags['grace-period'];
  // Removal without a chance to end has to be asked for by --force.
  if (grace === 0 && !flags.force) grace = 1;
  if (flags.force && grace < 0) grace = 0;
  if (flags.force && grace > 0) {
    throw new UsageError('--force and --grace-period greater than 0 cannot be specified together');
  }
  if (flags.force && grace === 0) {
    session.complain(
      'Warning: Immediate deletion does not wait for confirmation that the running resource has ' +
        'been terminated. The resource may continue to run on the cluster indefinitely.',
    );
  }
  const dryRun = dryRunOf(flags);
  return {
    options: {
      propagationPolicy,
      ...(grace < 0 ? {} : { gracePeriodSeconds: grace }),
      ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
    },
    dryRun,
    verb: (grace === 0 ? 'force deleted' : 'deleted') + dryRunSuffix(dryRun),
    nameOnly: flags.output === 'name',
  };
}

/** The uid to wait for, or undefined if the object is gone already. */
async function removeOne(
  session: Session,
  located: Located,
  plan: DeletePlan,
): Promise<string | undefined> {
  const { type, name } = located;
  let uid: string | undefined;
  if (session.namespaceGiven && !type.namespaced) {
    session.complain(
      'Warning: deleting cluster-scoped resources, not scoped to the provided namespace',
    );
  }
  if (plan.dryRun !== 'client') {
    const answer = (await session.api.send({
      method: 'DELETE',
      path: objectPath(located),
      query: dryRunQuery(plan.dryRun),
      body: { apiVersion: 'v1', kind: 'DeleteOptions', ...plan.options },
    })) as { kind?: string; metadata?: { uid?: string }; details?: { uid?: string } };
    uid = answer.kind === 'Status' ? answer.details?.uid : answer.metadata?.uid;
  }
  if (plan.nameOnly) session.print(titleOf(located));
  else session.print(`${displayKind(type)} ${JSON.stringify(name)} ${plan.verb}`);
  return uid;
}

/** Waits for all objects within one limit; 0 is none. */
async function awaitGone(
  session: Session,
  waiting: readonly { located: Located; uid: string }[],
  timeoutMs: number,
): Promise<number> {
  const limit = limited(session.clock, session.signal, timeoutMs);
  const failures: unknown[] = [];
  const progress = new Progress(session);
  try {
    for (const [at, { located, uid }] of waiting.entries()) {
      progress.show(`waiting for ${titleOf(located)} to go (${at + 1} of ${waiting.length})`);
      let gone = false;
      for await (const state of states(session, located, limit.signal)) {
        gone = state === undefined || state.metadata.uid !== uid;
        if (gone) break;
      }
      if (!gone && limit.timedOut()) failures.push(timeoutError(located));
    }
  } finally {
    progress.clear();
    limit.done();
  }
  if (failures.length === 0) return 0;
  session.complain(failuresText(failures));
  return 1;
}

export const timeoutError = ({ type, name }: Located): UsageError =>
  new UsageError(`timed out waiting for the condition on ${type.resource}/${name}`);
