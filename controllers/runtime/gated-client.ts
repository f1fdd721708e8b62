import { statusError } from '../../api/status.ts';
import type { RestClient } from '../../client/rest.ts';

/**
 * A client that begins nothing more once it is closed: what is under way is finished, whatever
 * would follow is refused. So a key in work ends with its next call, however many it had before
 * it: a Deployment of 10,000 pods holds up nobody who wants to stop.
 */
export class GatedClient implements RestClient {
  readonly #client: RestClient;
  #isOpen = true;

  constructor(client: RestClient) {
    this.#client = client;
  }

  close(): void {
    this.#isOpen = false;
  }

  get: RestClient['get'] = (type, ref) => this.#pass((client) => client.get(type, ref));
  list: RestClient['list'] = (type, options) => this.#pass((client) => client.list(type, options));
  watch: RestClient['watch'] = (type, options) =>
    this.#pass((client) => client.watch(type, options));
  create: RestClient['create'] = (type, object, options) =>
    this.#pass((client) => client.create(type, object, options));
  createSubresource: RestClient['createSubresource'] = (type, ref, sub) =>
    this.#pass((client) => client.createSubresource(type, ref, sub));
  update: RestClient['update'] = (type, object, options) =>
    this.#pass((client) => client.update(type, object, options));
  patch: RestClient['patch'] = (type, ref, patch) =>
    this.#pass((client) => client.patch(type, ref, patch));
  delete: RestClient['delete'] = (type, ref, options) =>
    this.#pass((client) => client.delete(type, ref, options));
  deleteCollection: RestClient['deleteCollection'] = (type, selection, options) =>
    this.#pass((client) => client.deleteCollection(type, selection, options));
  getPath: RestClient['getPath'] = (path, headers) =>
    this.#pass((client) => client.getPath(path, headers));

  #pass<T>(call: (client: RestClient) => Promise<T>): Promise<T> {
    if (this.#isOpen) return call(this.#client);
    return Promise.reject(statusError('ServiceUnavailable', 'the controllers are stopping'));
  }
}
