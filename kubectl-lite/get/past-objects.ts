import type { KubernetesObject } from '../../api/meta.ts';
import { exactly } from '../history/past.ts';
import { itemOf, type Located } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import type { Target } from '../resource/words.ts';
import type { Session } from '../session.ts';
import type { GetFlags } from './flags.ts';
import { namespaceOf } from './namespace.ts';
import { notThereThen, pastFailure } from './past.ts';

/** Whole objects as they were. */
export async function objectsFromThePast(
  session: Session,
  target: Target,
  flags: GetFlags,
): Promise<readonly Located[]> {
  const { type, name } = target;
  const revision = flags.revision!;
  let items: readonly KubernetesObject[];
  try {
    const list = (await session.api.send({
      method: 'GET',
      path: pathOf(type, namespaceOf(session, target, flags)),
      query: {
        ...exactly(revision),
        labelSelector: flags.selector,
        fieldSelector: name === undefined ? flags['field-selector'] : `metadata.name=${name}`,
      },
    })) as { items?: KubernetesObject[] | null };
    items = list.items ?? [];
  } catch (error) {
    throw pastFailure(error, revision);
  }
  if (name !== undefined && items.length === 0) throw notThereThen(target, revision);
  return items.map((item) => itemOf(type, item));
}
