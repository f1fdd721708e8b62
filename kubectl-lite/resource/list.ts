import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import type { DiscoveredResource } from './discover.ts';
import type { Session } from '../session.ts';

/** kubectl's page size for lists. */
export const CHUNK_SIZE = 500;

export interface ListRequest {
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects per request; 0: all in one. */
  readonly limit?: number;
  readonly accept?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

interface Page {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
}

/**
 * The pages of a collection, one request each. If the server has compacted what the pages go on
 * from (410), the list begins anew in one piece, as client-go's pager does.
 */
export async function* pages<T extends Page>(
  session: Session,
  request: ListRequest,
): AsyncGenerator<T> {
  const { path, labelSelector, fieldSelector, limit = CHUNK_SIZE, accept } = request;
  const query = { ...request.query, labelSelector, fieldSelector };
  const read = async (page: Record<string, string>): Promise<T> =>
    (await session.api.send({
      method: 'GET',
      path,
      query: { ...query, ...page },
      ...(accept === undefined ? {} : { accept }),
    })) as T;
  let next: string | undefined;
  do {
    const size = limit > 0 ? { limit: String(limit) } : {};
    const page = await read({ ...size, ...(next === undefined ? {} : { continue: next }) });
    yield page;
    next = page.metadata?.continue;
  } while (next);
}

/** All objects of a collection; they do not name their kind. */
export async function listItems<T = KubernetesObject>(
  session: Session,
  request: ListRequest,
): Promise<readonly T[]> {
  const all = async (limit: number | undefined): Promise<T[]> => {
    const items: T[] = [];
    const paged = limit === undefined ? request : { ...request, limit };
    for await (const page of pages<Page & { items: T[] | null }>(session, paged))
      items.push(...(page.items ?? []));
    return items;
  };
  try {
    return await all(undefined);
  } catch (error) {
    if (!isStatus(error, 'Expired')) throw error;
    return all(0);
  }
}

/** A refused list in kubectl's words: what was looked for, by which selectors. */
export function listFailure(
  error: unknown,
  type: DiscoveredResource,
  request: { readonly labelSelector?: string; readonly fieldSelector?: string },
): unknown {
  if (!isStatus(error, 'BadRequest') && !isStatus(error, 'NotFound')) return error;
  const resource = JSON.stringify(`${type.group}/${type.version}, Resource=${type.resource}`);
  const { labelSelector: label = '', fieldSelector: field = '' } = request;
  const message =
    label === '' && field === ''
      ? `Unable to list ${resource}: ${error.message}`
      : `Unable to find ${resource} that match label selector ${JSON.stringify(label)}, field ` +
        `selector ${JSON.stringify(field)}: ${error.message}`;
  return new StatusError({ ...error.status, message });
}
