import { askedRevision } from '../history/asked-revision.ts';
import { isForgotten } from '../history/past.ts';
import { groupResource } from '../../api/resource.ts';
import { statusError } from '../../api/status.ts';
import { pathOf } from '../resource/resources.ts';
import type { Target } from '../resource/words.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { GetFlags } from './flags.ts';

/** The flags with the revision that `--at` or `--at-revision` means. */
export async function getFromThePast(
  session: Session,
  targets: readonly Target[],
  flags: GetFlags,
): Promise<GetFlags> {
  if (flags.watch || flags['watch-only']) {
    throw new UsageError('what is past does not change: --at cannot be watched');
  }
  if (flags.subresource !== '') {
    throw new UsageError('--subresource is read from the present only');
  }
  const [first] = targets;
  const namespace = flags['all-namespaces'] ? undefined : session.namespace;
  const path = first === undefined ? '/api/v1/namespaces' : pathOf(first.type, namespace);
  const revision = await askedRevision(session, flags, path);
  return revision === undefined ? flags : { ...flags, revision };
}

/** A refusal to read the past, in words that say why. */
export function pastFailure(error: unknown, revision: number): unknown {
  if (!isForgotten(error)) return error;
  return new UsageError(
    `revision ${revision} is not kept any more: the store compacts its history every few minutes`,
  );
}

export const notThereThen = ({ type, name = '' }: Target, revision: number): unknown =>
  statusError(
    'NotFound',
    `${groupResource(type)} ${JSON.stringify(name)} was not there at revision ${revision}`,
  );
