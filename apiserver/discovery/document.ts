import { type HttpRequest, type HttpResponse, JsonValue } from '../../platform/http.ts';
import { fingerprint } from './hash.ts';

/** A document that stays as it is while the server runs: built and encoded on first use. */
export class Document {
  readonly #build: () => object;
  readonly #headers: Readonly<Record<string, string>>;
  #json: JsonValue | undefined;
  #hash: string | undefined;

  constructor(build: () => object, headers: Readonly<Record<string, string>> = {}) {
    this.#build = build;
    this.#headers = { 'content-type': 'application/json', ...headers };
  }

  get json(): JsonValue {
    this.#json ??= new JsonValue(this.#build());
    return this.#json;
  }

  get hash(): string {
    this.#hash ??= fingerprint(Buffer.from(this.json.bytes()).toString('latin1'));
    return this.#hash;
  }

  /** The document, or 304 if the client has it already. */
  answer(request: HttpRequest): HttpResponse {
    const etag = `"${this.hash}"`;
    const headers = { ...this.#headers, etag };
    const held = request.headers['if-none-match']?.split(',').map((tag) => tag.trim());
    if (held?.includes(etag) === true) return { status: 304, headers };
    return { status: 200, headers, body: this.json };
  }
}
