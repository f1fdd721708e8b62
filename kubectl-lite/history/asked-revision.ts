import { formatTime } from '../../api/time.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { momentAt, timeOf } from './moment.ts';

/** The revision that `--at-revision` or `--at` asks for; undefined for the present. */
export async function askedRevision(
  session: Session,
  flags: { readonly at: string; readonly 'at-revision': number },
  path: string,
): Promise<number | undefined> {
  const revision = flags['at-revision'];
  if (flags.at === '') {
    if (revision < 0) throw new UsageError('--at-revision must be positive');
    return revision === 0 ? undefined : revision;
  }
  if (revision !== 0) throw new UsageError('--at and --at-revision cannot be used together');
  const moment = await momentAt(session, timeOf(flags.at, session.clock.now()), path);
  session.complain(`Revision ${moment.revision}, last written at ${formatTime(moment.timeMs)}`);
  return moment.revision;
}
