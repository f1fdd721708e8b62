import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import { command } from '../command.ts';
import { failuresText } from '../failure.ts';
import { boolean, duration, text } from '../flags/flag.ts';
import { ChangePrinter, outputFlags } from '../printers/change-printer.ts';
import { Progress } from '../printers/progress.ts';
import { goText } from '../printers/go-text.ts';
import { relaxedPath, valuesAt } from '../printers/jsonpath.ts';
import { type Found, locate } from '../resource/builder.ts';
import { allNamespacesFlag, deepFilenameFlags, selectorFlag } from '../resource/flags.ts';
import { itemOf, type Located, readLive, titleOf } from '../resource/located.ts';
import { limited, states } from '../resource/watch-one.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { timeoutError } from './delete.ts';

/** Waits at most a week where no end was asked for, as kubectl does. */
const LONGEST_MS = 168 * 3_600_000;
const LOOK_AGAIN_MS = 500;

export const wait = command({
  usage:
    '([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) ' +
    "[--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  flags: {
    ...deepFilenameFlags,
    ...selectorFlag,
    ...allNamespacesFlag,
    ...outputFlags,
    all: boolean('All objects of the types named'),
    'field-selector': text('Field query'),
    for: text('"delete", "create", "condition=NAME[=VALUE]" or "jsonpath={...}[=VALUE]"'),
    local: boolean('Read -f without asking the server what kinds there are'),
    timeout: duration('How long to wait; 0: look once; negative: a week', { valueMs: 30_000 }),
  },
  interrupted: 1,
  async run(session, { words, flags }) {
    const goal = goalOf(flags.for);
    const printer = await ChangePrinter.of(session, flags);
    const once = flags.timeout === 0;
    const timeoutMs = flags.timeout < 0 ? LONGEST_MS : flags.timeout;
    const limit = limited(session.clock, session.signal, timeoutMs);
    const failures: unknown[] = [];
    const progress = new Progress(session);
    try {
      const look = (): Promise<Found> => locate(session, { ...flags, words });
      let found = await look();
      if (goal.kind === 'create' && isEmpty(found)) {
        progress.show(`waiting for something to match (${flags.for})`);
        const until = { once, signal: limit.signal, clock: session.clock };
        found = await whenSomethingMatches(look, until);
      }
      failures.push(...found.failures);
      if (isEmpty(found) && goal.kind !== 'delete')
        throw new UsageError('no matching resources found');
      for (const located of found.located) {
        progress.show(`waiting for ${titleOf(located)} (${flags.for})`);
        try {
          const met = await untilMet(session, located, { goal, once, signal: limit.signal });
          progress.clear();
          if (met.reached) {
            const object = met.object && itemOf(located.type, met.object).object;
            printer.print(located, 'condition met', object);
          } else if (once || limit.timedOut()) failures.push(unmet(located, goal, once));
        } catch (error) {
          failures.push(error);
        }
      }
    } finally {
      progress.clear();
      limit.done();
    }
    if (failures.length === 0) return 0;
    session.complain(failuresText(failures));
    return 1;
  },
});

const isEmpty = ({ located, failures }: Found): boolean =>
  located.length === 0 && failures.length === 0;

/** As kubectl, which lists again until there is something. */
async function whenSomethingMatches(
  look: () => Promise<Found>,
  until: { readonly once: boolean; readonly signal: AbortSignal; readonly clock: Clock },
): Promise<Found> {
  for (;;) {
    if (!until.once) await sleep(until.clock, LOOK_AGAIN_MS, until.signal);
    if (until.once || until.signal.aborted)
      throw new UsageError('timed out waiting for the condition');
    const found = await look();
    if (!isEmpty(found)) return found;
  }
}

function unmet(located: Located, goal: Goal, once: boolean): UsageError {
  if (goal.kind === 'create') return new UsageError('timed out waiting for the condition');
  if (!once || goal.kind === 'delete') return timeoutError(located);
  return new UsageError(`condition not met for ${located.type.resource}/${located.name}`);
}

interface Goal {
  readonly kind: 'delete' | 'create' | 'state';
  holds(object: KubernetesObject): boolean;
}

/** The first = that is not part of a == ends the path, which may do without braces. */
const JSONPATH = /^jsonpath=['"]?(\{.*\}|[^='"](?:==|[^=])*?)['"]?(?:=(?!=)(.*))?$/i;

function goalOf(given: string): Goal {
  const lower = given.toLowerCase();
  if (lower === 'delete') return { kind: 'delete', holds: () => false };
  if (lower === 'create') return { kind: 'create', holds: () => true };
  const condition = /^condition=([^=]+)(?:=(.*))?$/i.exec(given);
  if (condition !== null) {
    const [, type = '', value = 'true'] = condition;
    return { kind: 'state', holds: (object) => conditionHolds(object, type, value) };
  }
  if (/^jsonpath=['"]*$/i.test(given)) throw new UsageError('jsonpath expression cannot be empty');
  const jsonpath = JSONPATH.exec(given);
  if (jsonpath !== null) {
    const path = relaxedPath(jsonpath[1]!);
    const value = jsonpath[2]?.replace(/^(['"])(.*)\1$/, '$2').trim();
    if (value?.replaceAll('==', '').includes('=')) {
      throw new UsageError(
        "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or " +
          "--for=jsonpath='{.status.readyReplicas}'",
      );
    }
    if (value === '') {
      throw new UsageError(
        'jsonpath wait has to have a value after equal sign, like ' +
          "--for=jsonpath='{.status.readyReplicas}'=3",
      );
    }
    return {
      kind: 'state',
      holds(object) {
        const found = valuesAt(path, object);
        if (found.length > 1) {
          throw new UsageError('given jsonpath expression matches more than one value');
        }
        if (found.length === 0 || value === undefined) return found.length === 1;
        if (typeof found[0] === 'object' && found[0] !== null) {
          throw new UsageError('jsonpath leads to a nested object or list which is not supported');
        }
        return goText(found[0]).trim() === value;
      },
    };
  }
  throw new UsageError(`unrecognized condition: ${JSON.stringify(given)}`);
}

interface Observable {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly observedGeneration?: number;
    }[];
  };
}

/** A condition about an older generation says nothing yet. */
function conditionHolds(object: KubernetesObject, type: string, value: string): boolean {
  const { metadata, status } = object as unknown as Observable;
  const condition = status?.conditions?.find((c) => c.type.toLowerCase() === type.toLowerCase());
  if (condition === undefined) return false;
  const observed = condition.observedGeneration ?? status?.observedGeneration;
  if (observed !== undefined && observed < (metadata.generation ?? 0)) return false;
  return condition.status.toLowerCase() === value.toLowerCase();
}

async function untilMet(
  session: Session,
  located: Located,
  {
    goal,
    once,
    signal,
  }: { readonly goal: Goal; readonly once: boolean; readonly signal: AbortSignal },
): Promise<{ reached: boolean; object: KubernetesObject | undefined }> {
  // A manifest says what is wanted, not what is there.
  const listed = located.place === undefined ? located.object : undefined;
  let uid = listed?.metadata.uid;
  let object = listed;
  if (goal.kind !== 'create' && listed === undefined) {
    try {
      object = await readLive(session, located);
      uid = object.metadata.uid;
    } catch (error) {
      if (!isStatus(error, 'NotFound') || goal.kind !== 'delete') throw error;
      return { reached: false, object };
    }
  }
  for await (const state of states(session, located, signal)) {
    if (goal.kind === 'delete') {
      if (state === undefined || state.metadata.uid !== uid) return { reached: true, object };
    } else if (state !== undefined && goal.holds(state)) return { reached: true, object: state };
    if (once) break;
    object = state ?? object;
  }
  return { reached: false, object };
}
