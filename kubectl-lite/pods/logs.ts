import type { Pod } from '../../api/types/core-v1.ts';
import { StatusError } from '../../api/status.ts';
import { parseTime, formatTime } from '../../api/time.ts';
import { command } from '../command.ts';
import { failureText } from '../failure.ts';
import { boolean, duration, integer, text, type FlagValues } from '../flags/flag.ts';
import { coloured, type Colour } from '../printers/colour.ts';
import { listItems } from '../resource/list.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { containerOf, isGone, podPath, podsNamed, podsPath } from './find-pod.ts';
import { logLines } from './log-lines.ts';

const logsFlags = {
  'all-containers': boolean("The logs of all of the pod's containers"),
  'all-pods': boolean('The logs of all pods of the workload; prefixes their names'),
  container: text('The container; the default one if it is not given', { shorthand: 'c' }),
  follow: boolean('Go on with what is logged', { shorthand: 'f' }),
  'ignore-errors': boolean('With --follow: go on when one of several logs fails'),
  'insecure-skip-tls-verify-backend': boolean("Do not check the kubelet's certificate"),
  'limit-bytes': integer('Bytes of each log at most'),
  'max-log-requests': integer('Logs to follow at once at most', { value: 5 }),
  'pod-running-timeout': duration('Accepted for compatibility', { valueMs: 20_000 }),
  prefix: boolean('Put the pod and container before each line'),
  previous: boolean('The log of the container before its last restart', { shorthand: 'p' }),
  selector: text('The logs of the pods that match', { shorthand: 'l' }),
  since: duration('Only lines newer than this, as 5s, 2m or 3h'),
  'since-time': text('Only lines after this time (RFC 3339)'),
  tail: integer('Last lines to print; -1: all. With a selector 10 if it is not given', {
    value: -1,
  }),
  timestamps: boolean('Put its time before each line'),
} as const;

type LogsFlags = FlagValues<typeof logsFlags>;

/** What kubectl prints of each log when it prints many. */
const SELECTOR_TAIL = 10;

interface Log {
  readonly pod: Pod;
  readonly container: string;
}

export const logs = command({
  usage: '[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [options]',
  flags: logsFlags,
  interrupted: 1,
  async run(session, { words, flags, given }) {
    checkFlags(words, flags);
    const several = flags.selector !== '' && !given.has('tail');
    const query = queryOf(session, flags, several ? SELECTOR_TAIL : flags.tail);
    const pods = await podsOf(session, words, flags);
    const chosen = pods.flatMap((pod) => logsOf(session, pod, { words, flags }));
    if (!flags.follow || chosen.length === 1) return inTurn(session, chosen, { flags, query });
    if (chosen.length > flags['max-log-requests']) {
      throw new UsageError(
        `you are attempting to follow ${chosen.length} log streams, but maximum allowed ` +
          `concurrency is ${flags['max-log-requests']}, use --max-log-requests to increase the ` +
          'limit',
      );
    }
    await Promise.all(chosen.map((log, at) => print(session, log, { flags, query, at })));
    return 0;
  },
});

function checkFlags(words: readonly string[], flags: LogsFlags): void {
  if (words.length === 0 && flags.selector === '') {
    throw new UsageError(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or " +
        'TYPE/NAME is a required argument for the logs command',
      { seeHelp: true },
    );
  }
  if (words.length > 0 && flags.selector !== '') {
    throw new UsageError('only a selector (-l) or a POD name is allowed', { seeHelp: true });
  }
  if (words.length > 2) {
    throw new UsageError("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'", {
      seeHelp: true,
    });
  }
  if (flags['all-containers'] && flags.container !== '') {
    throw new UsageError(
      '--all-containers=true should not be specified with container name ' + flags.container,
    );
  }
  if (flags.since !== 0 && flags['since-time'] !== '') {
    throw new UsageError('at most one of `sinceTime` or `sinceSeconds` may be specified');
  }
  if (flags.tail < -1) {
    throw new UsageError('--tail must be greater than or equal to -1');
  }
  if (flags['limit-bytes'] < 0) throw new UsageError('--limit-bytes must be greater than 0');
}

async function podsOf(
  session: Session,
  words: readonly string[],
  flags: LogsFlags,
): Promise<readonly Pod[]> {
  if (flags.selector !== '') {
    const request = { path: podsPath(session), labelSelector: flags.selector };
    const found = await listItems<Pod>(session, request);
    if (found.length === 0) {
      session.complain(`No resources found in ${session.namespace} namespace.`);
    }
    return found;
  }
  // "logs POD CONTAINER" is kubectl's old way to name the container.
  const found = await podsNamed(session, words[0]!, 'cannot get the logs from').catch(
    (error: unknown) => {
      if (!(error instanceof StatusError) || !isGone(error)) throw error;
      const where = JSON.stringify(session.namespace);
      throw new UsageError(`error from server (NotFound): ${error.message} in namespace ${where}`);
    },
  );
  if (found.length === 0) throw new UsageError(`no pods found for ${words[0]}`);
  if (flags['all-pods'] || found.length === 1) return found;
  const [first] = found;
  session.complain(`Found ${found.length} pods, using pod/${first!.metadata.name}`);
  return [first!];
}

function logsOf(
  session: Session,
  pod: Pod,
  { words, flags }: { readonly words: readonly string[]; readonly flags: LogsFlags },
): readonly Log[] {
  if (flags['all-containers']) {
    const { initContainers = [], containers } = pod.spec;
    return [...initContainers, ...containers].map(({ name }) => ({ pod, container: name }));
  }
  const asked = flags.container || (words[1] ?? '');
  return [{ pod, container: containerOf(session, pod, { asked }).name }];
}

function queryOf(session: Session, flags: LogsFlags, tail: number): Record<string, string> {
  const sinceTime = flags['since-time'];
  if (sinceTime !== '' && parseTime(sinceTime) === undefined) {
    const now = formatTime(session.clock.now());
    throw new UsageError(`--since-time is a time as ${now}, not ${JSON.stringify(sinceTime)}`);
  }
  const entries: readonly (readonly [string, boolean, unknown])[] = [
    ['follow', flags.follow, true],
    ['previous', flags.previous, true],
    ['timestamps', flags.timestamps, true],
    ['insecureSkipTLSVerifyBackend', flags['insecure-skip-tls-verify-backend'], true],
    ['sinceSeconds', flags.since !== 0, Math.ceil(flags.since / 1000)],
    ['sinceTime', sinceTime !== '', sinceTime],
    ['tailLines', tail >= 0, tail],
    ['limitBytes', flags['limit-bytes'] > 0, flags['limit-bytes']],
  ];
  const given = entries.filter(([, asked]) => asked);
  return Object.fromEntries(given.map(([name, , value]) => [name, String(value)]));
}

interface PrintOptions {
  readonly flags: LogsFlags;
  readonly query: Readonly<Record<string, string>>;
}

async function inTurn(
  session: Session,
  chosen: readonly Log[],
  options: PrintOptions,
): Promise<number> {
  for (const [at, log] of chosen.entries()) await print(session, log, { ...options, at });
  return 0;
}

const prefixColours: readonly Colour[] = ['cyan', 'green', 'yellow', 'blue'];

async function print(
  session: Session,
  { pod, container }: Log,
  { flags, query, at }: PrintOptions & { readonly at: number },
): Promise<void> {
  const named = `[pod/${pod.metadata.name}/${container}] `;
  const withPrefix = flags.prefix || flags['all-pods'];
  const colour = prefixColours[at % prefixColours.length]!;
  const prefix = withPrefix ? coloured(session, colour, named) : '';
  try {
    const { body } = await session.api.exchange({
      method: 'GET',
      path: podPath(pod, 'log'),
      query: { ...query, container },
      accept: '*/*',
      signal: session.signal,
    });
    if (prefix === '') {
      for await (const chunk of logLines.chunks(body)) session.output.out(chunk);
      return;
    }
    for await (const line of logLines.lines(body)) {
      session.output.out(Buffer.concat([Buffer.from(prefix), line]));
    }
  } catch (error) {
    if (session.signal.aborted) return;
    if (!flags['ignore-errors']) throw error;
    session.complain(failureText(error));
  }
}
