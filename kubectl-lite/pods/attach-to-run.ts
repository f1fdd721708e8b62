/** `run` with a session: attach to the pod, learn how it ended, and take it away with --rm. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { deleteObject } from '../resource/delete-object.ts';
import type { Located } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { ExitError, UsageError } from '../usage-error.ts';
import { displayKind } from '../resource/resources.ts';
import { attachOrLog, isOver, podWhen } from './attach-or-log.ts';

interface AttachToRunFlags {
  readonly cascade: string;
  readonly force: boolean;
  readonly 'grace-period': number;
  readonly 'leave-stdin-open': boolean;
  readonly 'pod-running-timeout': number;
  readonly quiet: boolean;
  readonly restart: string;
  readonly rm: boolean;
  readonly stdin: boolean;
  readonly tty: boolean;
}

export async function attachToRun(
  session: Session,
  created: readonly [Pod, ...KubernetesObject[]],
  flags: AttachToRunFlags,
): Promise<number> {
  try {
    const located = await locatedOf(session, created[0]);
    const limitMs = flags['pod-running-timeout'];
    const pod = await podWhen(session, located, {
      limitMs,
      reached: (seen) => isOver(seen) || isReady(seen),
    });
    await attachOrLog(session, pod, { container: pod.spec.containers[0]!, flags });
    const told = flags.restart === 'Never' || flags.restart === 'OnFailure';
    if (flags['leave-stdin-open'] || !told) return 0;
    const over = await podWhen(session, located, {
      limitMs,
      reached: (seen) =>
        flags.restart === 'OnFailure' ? seen.status?.phase === 'Succeeded' : isOver(seen),
    });
    return exitCode(session, over);
  } catch (error) {
    if (error instanceof ExitError) return error.code;
    throw error;
  } finally {
    if (flags.rm) for (const object of created) await removed(session, object, flags);
  }
}

function isReady({ status }: Pod): boolean {
  const ready = (status?.conditions ?? []).find(({ type }) => type === 'Ready');
  return status?.phase === 'Running' && ready?.status === 'True';
}

/** That of the pod's only container. */
function exitCode(session: Session, { metadata, status }: Pod): number {
  if (status?.phase === 'Succeeded') return 0;
  const { namespace, name } = metadata;
  const ended = status?.containerStatuses?.[0]?.state?.terminated;
  if (ended === undefined || ended.exitCode === 0) {
    throw new UsageError(`pod ${namespace}/${name} failed with unknown exit code`);
  }
  const { reason = '', message = '' } = ended;
  const told = `pod ${namespace}/${name} terminated (${reason})\n${message}`;
  session.output.err(told.endsWith('\n') ? told : `${told}\n`);
  return ended.exitCode;
}

async function locatedOf(session: Session, object: KubernetesObject): Promise<Located> {
  const type = (await session.resources()).ofKind(object.apiVersion, object.kind)!;
  const { name = '', namespace } = object.metadata;
  return { type, namespace, name };
}

async function removed(
  session: Session,
  object: KubernetesObject,
  flags: AttachToRunFlags,
): Promise<void> {
  const located = await locatedOf(session, object);
  const graceSeconds = flags.force ? 0 : flags['grace-period'];
  if (!(await deleteObject(session, located, { cascade: flags.cascade, graceSeconds }))) return;
  if (!flags.quiet)
    session.print(`${displayKind(located.type)} ${JSON.stringify(located.name)} deleted`);
}
