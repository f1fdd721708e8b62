/** An API server on the model store, called as any client would: answers as code and body. */
import { parseJson } from '../../api/json.ts';
import type { ResourceDeclaration } from '../../apiserver/registry/declaration.ts';
import { startApiServer } from '../../apiserver/server.ts';
import { type Chunk, type HttpHandler, JsonValue } from '../../platform/net/http.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import type { Clock } from '../../platform/clock.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { Kv } from '../../store/kv.ts';
import { MemoryKv } from '../model/memory-kv.ts';
import { withoutControllers } from './admission.ts';

/** What tests read of a body: an object, a list, a Table, a Status or a document. */
export interface Body {
  readonly kind: string;
  readonly apiVersion: string;
  readonly message: string;
  readonly reason: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation: number;
    resourceVersion: string;
    readonly finalizers: string[];
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
    readonly managedFields: { readonly fieldsV1: object }[];
    readonly continue: string;
  };
  readonly spec: {
    replicas: number;
    readonly color: string;
    readonly jobs: { readonly name: string }[];
    readonly conversion: object;
    readonly [field: string]: unknown;
  };
  readonly status: {
    readonly conditions?: {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
    readonly [field: string]: unknown;
  };
  readonly details: { readonly causes: { readonly field: string; readonly message: string }[] };
  readonly items: Body[];
  readonly columnDefinitions: { readonly name: string; type: string; priority: number }[];
  readonly rows: { readonly cells: unknown[] }[];
  readonly resources: { readonly name: string }[];
  readonly paths: Record<string, { readonly serverRelativeURL: string }>;
  readonly components: { readonly schemas: Record<string, { readonly properties: object }> };
  readonly definitions: Record<string, { readonly type: string }>;
  readonly type: string;
  readonly object: Body;
}

export interface RawAnswer {
  readonly code: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RawCall {
  readonly body?: object | string;
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface RawApi {
  readonly handler: HttpHandler;
  call(method: string, url: string, call?: RawCall): Promise<RawAnswer>;
  /** Asks until the answer is as wanted; fails with the last one. */
  until(url: string, holds: (answer: RawAnswer) => boolean): Promise<RawAnswer>;
  /** What the store holds under the key. */
  stored(key: string): Promise<Body>;
  /** The first events of a watch. */
  watch(url: string, signal: AbortSignal): Promise<AsyncIterator<Body>>;
}

export async function startRawApi(
  parts: Lifecycle,
  of: {
    readonly kv?: Kv;
    readonly outgoing?: OutgoingHttp;
    readonly kinds?: readonly ResourceDeclaration[];
    readonly clock?: Clock;
    readonly serviceClusterIpRange?: string;
  } = {},
): Promise<RawApi> {
  const { kv = new MemoryKv(), outgoing, clock = realClock, ...own } = of;
  const admissionPlugins = withoutControllers;
  const server = await parts.start(() =>
    startApiServer({ kv, clock, random, logger, outgoing, admissionPlugins, ...own }),
  );
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  const handler: HttpHandler = (request) =>
    server.handler({ ...request, peer: { address: 'in-process', certificate } });
  const send = (method: string, url: string, { body, type, accept, headers, signal }: RawCall) => {
    const [path = '', search = ''] = url.split('?');
    return handler({
      ...{ method, path, query: new URLSearchParams(search), peer: { address: '' } },
      headers: {
        'content-type': type ?? 'application/json',
        ...(accept === undefined ? {} : { accept }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: bytesOf(body) }),
      signal: signal ?? new AbortController().signal,
    });
  };
  const call = async (method: string, url: string, of: RawCall = {}): Promise<RawAnswer> => {
    const { status, headers, body } = await send(method, url, of);
    return { code: status, headers, body: parsed(body as Chunk | undefined) as Body };
  };
  return {
    handler,
    call,
    async stored(key) {
      const { kvs } = await kv.range({ key });
      return JSON.parse(Buffer.from(kvs[0]!.value).toString()) as Body;
    },
    async until(url, holds) {
      const end = Date.now() + 10_000;
      for (;;) {
        const answer = await call('GET', url);
        if (holds(answer)) return answer;
        if (Date.now() > end) throw new Error(`never so: ${JSON.stringify(answer.body, null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async watch(url, signal) {
      const { body } = await send('GET', url, { signal });
      const chunks = (body as AsyncIterable<Chunk>)[Symbol.asyncIterator]();
      return {
        async next() {
          const chunk = await chunks.next();
          return chunk.done === true ? chunk : { done: false, value: parsed(chunk.value) as Body };
        },
      };
    },
  };
}

function bytesOf(body: object | string): Uint8Array {
  return Buffer.from(typeof body === 'string' ? body : jsonText(body));
}

function parsed(chunk: Chunk | undefined): unknown {
  if (chunk === undefined) return undefined;
  const bytes = chunk instanceof JsonValue ? chunk.bytes() : chunk;
  const text = Buffer.from(bytes).toString();
  return text.startsWith('{') ? parseJson(text).value : text;
}
