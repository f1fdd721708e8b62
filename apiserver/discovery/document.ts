import {
  type Chunk,
  type HttpRequest,
  type HttpResponse,
  JsonValue,
} from '../../platform/net/http.ts';
import { enveloped } from '../../api/protobuf/envelope.ts';
import { encodeMessage } from '../../api/protobuf/encode-message.ts';
import type { Definition } from '../../api/schema/table.ts';
import type { Accepted } from '../pipeline/accept.ts';
import { encodeAnswer, indented, isForPeople } from '../pipeline/encode-answer.ts';
import { fingerprint } from './hash.ts';

export interface DocumentOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Of an object of the API, which can be had in YAML and protobuf, too. */
  readonly definition?: Definition | undefined;
  /** What its media type has besides: ";v=v2". */
  readonly parameters?: string;
  /**
   * Set for one of many that may be large: tells this document from its other versions, so that
   * its hash needs no building. The document is then kept only while somebody holds it.
   */
  readonly identity?: string | undefined;
  readonly text?: Text;
  /** A client that has the document need not get it again. */
  readonly isTagged?: boolean;
}

type MediaType = Accepted['mediaType'];

/** `bare`: never indented, and without the newline at its end; `indented`: always. */
export type Text = 'bare' | 'indented';

/** A document that is no object of the API as Kubernetes writes it; unless told, as one. */
export function bodyOf(request: HttpRequest, json: JsonValue, text?: Text): Chunk {
  if (request.peer.address === 'in-process') return json;
  if (text === 'bare') return json.bytes();
  return text === 'indented' || isForPeople(request) ? indented(json) : json;
}

/** The same in YAML or protobuf. */
function encodedBody(
  request: HttpRequest,
  body: JsonValue,
  { mediaType, definition }: { readonly mediaType: MediaType; readonly definition: Definition },
): Chunk {
  const object = body.value as { readonly apiVersion?: string; readonly kind: string };
  const version = object.apiVersion ?? '';
  const protobuf = (): Uint8Array =>
    enveloped({ group: '', version, kind: object.kind }, encodeMessage(definition, { ...object }));
  return encodeAnswer(request, { representation: { as: 'Object' }, mediaType }, { body, protobuf });
}

/** A document that never changes: built and encoded on first use. */
export class Document {
  readonly #build: () => object;
  readonly #options: DocumentOptions;
  #json: JsonValue | undefined;
  #held: WeakRef<JsonValue> | undefined;
  #hash: string | undefined;

  constructor(build: () => object, options: DocumentOptions = {}) {
    this.#build = build;
    this.#options = options;
  }

  get json(): JsonValue {
    const known = this.#json ?? this.#held?.deref();
    if (known !== undefined) return known;
    const json = new JsonValue(this.#build());
    if (this.#options.identity === undefined) this.#json = json;
    else this.#held = new WeakRef(json);
    return json;
  }

  get hash(): string {
    this.#hash ??= fingerprint(
      this.#options.identity ?? Buffer.from(this.json.bytes()).toString('latin1'),
    );
    return this.#hash;
  }

  /** The document, or 304 if the client has it already. */
  answer(request: HttpRequest, mediaType: MediaType = 'application/json'): HttpResponse {
    const { isTagged, headers: own, parameters = '' } = this.#options;
    const plain = { 'content-type': `${mediaType}${parameters}`, ...own };
    if (isTagged !== true)
      return { status: 200, headers: plain, body: this.#body(request, mediaType) };
    const etag = `"${this.hash}"`;
    const headers = { ...plain, etag };
    const held = request.headers['if-none-match']?.split(',').map((tag) => tag.trim());
    if (held?.includes(etag) === true) return { status: 304, headers };
    return { status: 200, headers, body: this.#body(request, mediaType) };
  }

  #body(request: HttpRequest, mediaType: MediaType): Chunk {
    if (mediaType === 'application/json') return bodyOf(request, this.json, this.#options.text);
    return encodedBody(request, this.json, { mediaType, definition: this.#options.definition! });
  }
}
