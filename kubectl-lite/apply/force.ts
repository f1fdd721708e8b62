import type { KubernetesObject } from '../../api/meta.ts';
import { deleteObject } from '../resource/delete-object.ts';
import type { Located } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import { unversioned } from '../resource/unversioned.ts';
import { limited, states } from '../resource/watch-one.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { ApplyFlags } from './flags.ts';

/**
 * `apply --force`: what cannot be changed in place is deleted and made anew, once it is gone. There
 * is a time without it; its dependents go with it as --cascade says. What was there is made again
 * if the server refuses the new one.
 */
export async function replaceByForce(
  session: Session,
  located: Located,
  request: {
    readonly live: KubernetesObject;
    readonly body: KubernetesObject;
    readonly query: Readonly<Record<string, string>>;
    readonly flags: ApplyFlags;
  },
): Promise<KubernetesObject> {
  const { live, body, query, flags } = request;
  const graceSeconds = Math.max(flags['grace-period'], 0);
  await deleteObject(session, located, { cascade: flags.cascade, graceSeconds });
  const limit = limited(session.clock, session.signal, flags.timeout);
  let gone = false;
  try {
    for await (const state of states(session, located, limit.signal)) {
      gone = state === undefined;
      if (gone) break;
    }
  } finally {
    limit.done();
  }
  if (!gone) throw new UsageError('timed out waiting for the condition');
  const path = pathOf(located.type, located.namespace);
  const make = (object: KubernetesObject): Promise<unknown> =>
    session.api.send({ method: 'POST', path, query, body: unversioned(object) });
  try {
    return (await make(body)) as KubernetesObject;
  } catch (error) {
    await make(live).catch((again: Error) => {
      session.complain(`error: restoring what was replaced failed: ${again.message}`);
    });
    throw error;
  }
}
