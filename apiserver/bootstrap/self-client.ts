import type { KubernetesObject } from '../../api/meta.ts';
import { StatusError, type Status } from '../../api/status.ts';
import { type HttpHandler, type HttpResponse, JsonValue } from '../../platform/net/http.ts';

/** Who the server is to itself, as in kube-apiserver's loopback client. */
const IDENTITY = { commonName: 'system:apiserver', organizations: ['system:masters'] };

async function valueOf({ body }: HttpResponse): Promise<unknown> {
  if (body instanceof JsonValue) return body.value;
  if (body instanceof Uint8Array) return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
  return undefined;
}

/** The server's own requests: through the whole pipeline, without a socket. */
export class SelfClient {
  readonly #handler: HttpHandler;
  readonly #signal: AbortSignal;

  constructor(handler: HttpHandler, signal: AbortSignal) {
    this.#handler = handler;
    this.#signal = signal;
  }

  async get(path: string): Promise<KubernetesObject | undefined> {
    const answer = await this.#call('GET', path);
    return answer.status === 404 ? undefined : ((await accepted(answer)) as KubernetesObject);
  }

  /** False if the object exists already: somebody was faster. */
  async create(path: string, object: object): Promise<boolean> {
    const answer = await this.#call('POST', path, object);
    if (answer.status === 409) return false;
    await accepted(answer);
    return true;
  }

  /** False if the object changed since it was read. */
  async update(path: string, object: object): Promise<boolean> {
    const answer = await this.#call('PUT', path, object);
    if (answer.status === 409) return false;
    await accepted(answer);
    return true;
  }

  /** A JSON merge patch. Throws StatusError, for an object that is not there too. */
  async patch(path: string, patch: object): Promise<void> {
    await accepted(await this.#call('PATCH', path, patch));
  }

  /** Nothing, if there is no such object. */
  async delete(path: string): Promise<void> {
    const answer = await this.#call('DELETE', path);
    if (answer.status !== 404) await accepted(answer);
  }

  #call(method: string, path: string, body?: object): Promise<HttpResponse> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return this.#handler({
      method,
      path,
      query: new URLSearchParams(),
      headers: { 'content-type': type, 'user-agent': 'wherry-apiserver' },
      ...(body === undefined ? {} : { body: new JsonValue(body) }),
      peer: { address: 'in-process', certificate: IDENTITY },
      signal: this.#signal,
    });
  }
}

async function accepted(answer: HttpResponse): Promise<unknown> {
  const value = await valueOf(answer);
  if (answer.status >= 400) throw new StatusError(value as Status);
  return value;
}
