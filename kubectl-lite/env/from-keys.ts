import type { KubernetesObject } from '../../api/meta.ts';
import type { EnvVar } from '../../api/types/core-v1.ts';
import { locate } from '../resource/builder.ts';
import { readLive } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

/** A variable for each key of a ConfigMap or Secret: "db-url" becomes DB_URL. */
export async function pairsFromKeys(
  session: Session,
  flags: { readonly from: string; readonly keys: readonly string[]; readonly prefix: string },
): Promise<readonly EnvVar[]> {
  const { located } = await locate(session, { words: [flags.from] });
  const source = located[0]!;
  const { kind } = source.type;
  if (kind !== 'ConfigMap' && kind !== 'Secret') {
    throw new UsageError('unsupported resource specified in --from');
  }
  const live = (await readLive(session, source)) as KubernetesObject & {
    data?: Record<string, string>;
  };
  const wanted = flags.keys.length === 0 ? Object.keys(live.data ?? {}).sort() : flags.keys;
  return wanted.map((key) => {
    const upper = key.toUpperCase().replaceAll(/[-.]/g, '_');
    if (upper !== key) session.complain(`Warning: key ${key} transferred to ${upper}`);
    const name = flags.prefix + upper;
    const reference = { name: source.name, key };
    const valueFrom =
      kind === 'Secret' ? { secretKeyRef: reference } : { configMapKeyRef: reference };
    return { name, valueFrom };
  });
}
