/** What `run` and `debug` do after they have made a container: talk to it, or tell what it said. */
import type { Container, ContainerStatus, Pod } from '../../api/types/core-v1.ts';
import { statusError } from '../../api/status.ts';
import type { Located } from '../resource/located.ts';
import { limited, states } from '../resource/watch-one.ts';
import type { Session } from '../session.ts';
import { ExitError, UsageError } from '../usage-error.ts';
import { podPath } from './find-pod.ts';
import { interaction } from './interaction.ts';
import { logLines } from './log-lines.ts';
import { runRemotely } from './remote-command.ts';

export interface AttachFlags {
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly quiet: boolean;
}

/** The pod once `reached`; fails when it is gone or after `limitMs` (0: never). */
export async function podWhen(
  session: Session,
  located: Located,
  { limitMs, reached }: { readonly limitMs: number; readonly reached: (pod: Pod) => boolean },
): Promise<Pod> {
  const limit = limited(session.clock, session.signal, limitMs);
  try {
    for await (const state of states(session, located, limit.signal)) {
      if (state === undefined) {
        throw statusError('NotFound', `pods ${JSON.stringify(located.name)} not found`);
      }
      if (reached(state as Pod)) return state as Pod;
    }
  } finally {
    limit.done();
  }
  throw new UsageError('timed out waiting for the condition');
}

export const isOver = ({ status }: Pod): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed';

export function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  return [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find(({ name }) => name === container);
}

/** Streams of the container; where that cannot be, its log, until it ends. */
export async function attachOrLog(
  session: Session,
  pod: Pod,
  { container, flags }: { readonly container: Container; readonly flags: AttachFlags },
): Promise<number> {
  if (isOver(pod) || statusOf(pod, container.name)?.state?.terminated !== undefined) {
    return printLog(session, pod, { container, follow: false });
  }
  if (!flags.quiet) {
    session.complain("If you don't see a command prompt, try pressing enter.");
  }
  try {
    return await attachTo(session, pod, { container, flags });
  } catch (error) {
    if (error instanceof ExitError || session.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    session.complain(
      `warning: couldn't attach to pod/${pod.metadata.name}, falling back to streaming logs: ${why}`,
    );
    return printLog(session, pod, { container, follow: true });
  }
}

export function attachTo(
  session: Session,
  pod: Pod,
  {
    container,
    flags,
  }: { readonly container: Container; readonly flags: Pick<AttachFlags, 'stdin' | 'tty'> },
): Promise<number> {
  const wanted = { stdin: flags.stdin, tty: flags.tty && container.tty === true };
  return interaction(session, wanted, async (streams) => {
    const query = new URLSearchParams({ container: container.name, stdout: 'true' });
    if (streams.stdin !== undefined) query.set('stdin', 'true');
    query.set(streams.tty ? 'tty' : 'stderr', 'true');
    await runRemotely(session, { path: podPath(pod, 'attach'), query }, streams);
  });
}

async function printLog(
  session: Session,
  pod: Pod,
  { container, follow }: { readonly container: Container; readonly follow: boolean },
): Promise<number> {
  const { body } = await session.api.exchange({
    method: 'GET',
    path: podPath(pod, 'log'),
    query: { container: container.name, ...(follow ? { follow: 'true' } : {}) },
    accept: '*/*',
    signal: session.signal,
  });
  for await (const chunk of logLines.chunks(body)) session.output.out(chunk);
  return 0;
}
