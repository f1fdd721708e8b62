/** What else the cluster says, each path read once. What may not be read is a gap. */
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import { listItems } from '../resource/list.ts';
import type { Session } from '../session.ts';

export class Evidence {
  private readonly session: Session;
  private readonly lists = new Map<string, Promise<readonly KubernetesObject[]>>();

  constructor(session: Session) {
    this.session = session;
  }

  /** The objects of a collection; none if they may not be read: gaps are better than no answer. */
  list<T extends KubernetesObject>(path: string): Promise<readonly T[]> {
    const known = this.lists.get(path);
    if (known !== undefined) return known as Promise<readonly T[]>;
    const read = listItems(this.session, { path }).catch((error: unknown) => {
      if (error instanceof StatusError) return [];
      throw error;
    });
    this.lists.set(path, read);
    return read as unknown as Promise<readonly T[]>;
  }

  /** Whether an object surely is not there; false if nobody may say. */
  async lacks(path: string): Promise<boolean> {
    try {
      await this.session.api.send({ method: 'GET', path });
      return false;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return true;
      if (error instanceof StatusError) return false;
      throw error;
    }
  }
}

/** The path of a core collection beside the object: `/api/v1/namespaces/shop/pods`. */
export const beside = ({ metadata }: KubernetesObject, resource: string): string =>
  `/api/v1/namespaces/${metadata.namespace ?? ''}/${resource}`;
