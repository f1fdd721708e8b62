/**
 * The API server's core on the model store, called without a pipeline: for tests of verbs. Any
 * method and path, as any client would send it; answers as status and parsed body.
 */
import { JsonValue, type Chunk, type HttpResponse } from '../../platform/net/http.ts';
import { jsonText } from '../../platform/json-text.ts';
import { silentLogger } from '../../platform/logger.ts';
import type { Random } from '../../platform/random.ts';
import { turnsBy } from '../../platform/turns.ts';
import type { KubernetesObject, ListMeta, ObjectMeta } from '../../api/meta.ts';
import { StatusError } from '../../api/status.ts';
import { plugins } from '../../apiserver/admission/plugins.ts';
import { ApiHandlers } from '../../apiserver/handlers/api-handlers.ts';
import type { Passages } from '../../apiserver/handlers/target.ts';
import { RequestNotes } from '../../apiserver/pipeline/request-notes.ts';
import { requestInfoOf } from '../../apiserver/pipeline/request-info.ts';
import { addNotes } from '../../apiserver/pipeline/add-notes.ts';
import type { ResourceDeclaration } from '../../apiserver/registry/declaration.ts';
import type { AccessControl } from '../../apiserver/registry/access-control.ts';
import {
  Registry,
  type RegistryOptions,
  storedResources,
} from '../../apiserver/registry/registry.ts';
import { Storage } from '../../apiserver/storage/storage.ts';
import { MemoryKv } from '../model/memory-kv.ts';
import { withoutControllers } from './admission.ts';
import { FakeClock } from './fake-clock.ts';

/** Different numbers each time, the same in each run. */
export class CountingRandom implements Random {
  #state = 1;

  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * bound);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** What tests read of a body: an object, a list, a Table or a Status. */
export interface AnswerBody extends KubernetesObject {
  readonly metadata: ObjectMeta & ListMeta;
  readonly message: string;
  readonly items: KubernetesObject[];
  readonly rows: { readonly object: KubernetesObject | null }[];
  readonly data: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly code: number;
  readonly body: AnswerBody;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Call {
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  /** Of who asks. */
  readonly groups?: readonly string[];
  /** The protocol that the connection is to be taken over with. */
  readonly upgrade?: string;
  readonly signal?: AbortSignal;
  /** By {@link TestApi.clock}. */
  readonly deadlineMs?: number;
}

/** Everybody may read, and decide about certificates; the token `good` proves ann. */
const control: AccessControl = {
  authorize: (_subject, { verb }) =>
    Promise.resolve({ allowed: ['get', 'approve', 'sign'].includes(verb) }),
  require: () => Promise.resolve(),
  rules: () => Promise.resolve({ rules: [], incomplete: true, errors: [] }),
  escalation: () => Promise.resolve(undefined),
  roleRules: () => Promise.resolve([]),
  authenticate: (token, audiences) =>
    Promise.resolve(
      token === 'good'
        ? { subject: { name: 'ann', groups: ['team'] }, audiences }
        : { error: 'invalid bearer token' },
    ),
  issueToken: () => Promise.resolve(undefined),
};

export class TestApi {
  readonly kv: MemoryKv;
  readonly clock = new FakeClock();
  readonly random: Random = new CountingRandom();
  readonly storage: Storage;
  readonly registry: Registry;
  /** Of the last request. */
  notes = new RequestNotes();
  readonly #handlers: ApiHandlers;
  readonly #groups: readonly string[];

  constructor(
    declarations: readonly ResourceDeclaration[],
    kv = new MemoryKv(),
    options: Pick<
      RegistryOptions,
      'admission' | 'outgoing' | 'control' | 'components' | 'stats'
    > & {
      /** Where connections lead. */
      readonly passages?: Passages;
      /** Of who asks, if a call does not say. Default: authenticated. */
      readonly groups?: readonly string[];
    } = {},
  ) {
    this.kv = kv;
    const { clock } = this;
    const { random } = this;
    const resources = storedResources(declarations);
    this.storage = new Storage({ kv, clock, logger: silentLogger, resources });
    const { storage } = this;
    this.registry = new Registry({
      ...{ declarations, storage, clock, random, control },
      admission: plugins(withoutControllers),
      ...options,
    });
    const { passages, groups = ['system:authenticated'] } = options;
    this.#groups = groups;
    this.#handlers = new ApiHandlers(this.registry, {
      ...{ clock, turns: turnsBy(clock), random, logger: silentLogger },
      ...(passages === undefined ? {} : { passages }),
    });
    this.storage.start();
  }

  stop(): Promise<void> {
    return this.storage.stop();
  }

  /** The raw response; rejects with StatusError. */
  async respond(method: string, url: string, call: Call = {}): Promise<HttpResponse> {
    const [path = '', search = ''] = url.split('?');
    const query = new URLSearchParams(search);
    const info = requestInfoOf({ method, path, query });
    if (info?.type !== 'resource') throw new Error(`no resource path: ${url}`);
    const { body } = call;
    const http = {
      ...{ method, path, query },
      headers: {
        ...(call.type === undefined ? {} : { 'content-type': call.type }),
        ...(call.accept === undefined ? {} : { accept: call.accept }),
        ...(call.upgrade === undefined ? {} : { upgrade: call.upgrade }),
      },
      ...(body === undefined ? {} : { body: bodyOf(body) }),
      peer: { address: 'test' },
      signal: call.signal ?? new AbortController().signal,
      ...(call.deadlineMs === undefined ? {} : { deadlineMs: call.deadlineMs }),
    };
    const user = { name: 'tester', groups: call.groups ?? this.#groups };
    const request = { http, info, user, auditId: 'test', notes: (this.notes = new RequestNotes()) };
    return addNotes(() => this.#handlers.handle({ ...request, info }))(request);
  }

  async call(method: string, url: string, call: Call = {}): Promise<Answer> {
    try {
      const { status, headers, body } = await this.respond(method, url, call);
      return { code: status, headers, body: parsed(body as Chunk) as AnswerBody };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { code: error.code, headers: {}, body: error.status as unknown as AnswerBody };
    }
  }

  /** The stream of a watch, event by event. */
  async watch(url: string, call: Call = {}): Promise<AsyncIterator<Chunk>> {
    const { body } = await this.respond('GET', url, call);
    return (body as AsyncIterable<Chunk>)[Symbol.asyncIterator]();
  }
}

/** Text goes as bytes, so that it is parsed as from a socket; so do objects. */
function bodyOf(body: unknown): Uint8Array | JsonValue {
  if (body instanceof JsonValue || body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : jsonText(body));
}

export function parsed(chunk: Chunk | undefined): unknown {
  if (chunk === undefined) return undefined;
  const bytes = chunk instanceof JsonValue ? chunk.bytes() : chunk;
  const text = Buffer.from(bytes).toString();
  return text.startsWith('{') ? JSON.parse(text) : text;
}
