import type { Target } from '../resource/words.ts';
import type { Session } from '../session.ts';
import type { GetFlags } from './flags.ts';

/** Where `get` looks for a target; undefined for everywhere. */
export const namespaceOf = (
  session: Session,
  { namespace }: Target,
  flags: GetFlags,
): string | undefined => (flags['all-namespaces'] ? undefined : (namespace ?? session.namespace));
