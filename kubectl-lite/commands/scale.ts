import { displayName, pathOf, targetsOf, UsageError } from '../resources.ts';
import type { Session } from '../session.ts';
import { failureText } from '../failure.ts';

export interface ScaleOptions {
  readonly replicas: number;
  /** Refuses unless the present number of replicas is this one. */
  readonly currentReplicas?: number;
}

export async function scale(
  session: Session,
  words: readonly string[],
  options: ScaleOptions,
): Promise<number> {
  if (!Number.isInteger(options.replicas) || options.replicas < 0) {
    throw new UsageError(
      'error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0',
    );
  }
  let failed = false;
  for (const { type, name } of targetsOf(await session.resources(), words)) {
    if (name === undefined) {
      throw new UsageError('error: resource(s) were provided, but no name was specified');
    }
    if (!type.subresources.includes('scale')) {
      throw new UsageError(
        `error: cannot scale ${displayName(type, name)}: it has no scale subresource`,
      );
    }
    const path = `${pathOf(type, session.namespace, name)}/scale`;
    try {
      if (options.currentReplicas !== undefined)
        await checkCurrent(session, path, options.currentReplicas);
      await session.api.send({
        method: 'PATCH',
        path,
        body: { spec: { replicas: options.replicas } },
        contentType: 'application/merge-patch+json',
      });
      session.print(`${displayName(type, name)} scaled`);
    } catch (error) {
      failed = true;
      session.output.err(`${failureText(error)}\n`);
    }
  }
  return failed ? 1 : 0;
}

async function checkCurrent(session: Session, path: string, wanted: number): Promise<void> {
  const live = (await session.api.send({ method: 'GET', path })) as {
    spec?: { replicas?: number };
  };
  const replicas = live.spec?.replicas ?? 0;
  if (replicas !== wanted) {
    throw new UsageError(`error: Expected replicas to be ${wanted}, was ${replicas}`);
  }
}
