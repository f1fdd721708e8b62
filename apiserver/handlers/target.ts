import { UNKNOWN_MANAGER } from '../../api/fieldmanager/managers.ts';
import type { ResourceType } from '../../api/resource.ts';
import { pathSegment } from '../../api/validation/names.ts';
import { statusError } from '../../api/status.ts';
import type { Effects } from '../../platform/effects.ts';
import { type HttpRequest, type HttpResponse, JsonValue } from '../../platform/net/http.ts';
import type { Turns } from '../../platform/turns.ts';
import type { WriteOptions, WriteRequest } from '../admission/admission.ts';
import type { ApiRequest } from '../pipeline/api-request.ts';
import type { Caller, ObjectAt } from '../registry/resource-context.ts';
import type { Passage, ResourceStore } from '../registry/resource-store.ts';

/** What a verb works on: a request, and the resource that it names. */
export interface Target {
  readonly request: ApiRequest;
  readonly store: ResourceStore;
  readonly environment: Environment;
  /** A resource of its own that acts on the one of `store`. */
  readonly postedTo?: ResourceType;
}

export interface Environment extends Effects {
  readonly turns: Turns;
  /** Absent: what others would answer is refused (503). */
  readonly passages?: Passages | undefined;
}

/** The way to the servers that answer in our stead. Rejects with StatusError. */
export interface Passages {
  follow(
    passage: Passage,
    asked: { readonly http: HttpRequest; readonly carries: 'upgrade' | 'text' | 'proxy' },
  ): Promise<HttpResponse>;
}

/**
 * The object in the path. A request's namespace is "" for a cluster-scoped resource: the path of
 * a Namespace itself counts as being in it only for authorization.
 */
export function objectAt({ request, store }: Target): ObjectAt {
  const { name } = request.info;
  checkSegment('Name', name);
  return { namespace: namespaceOf({ request, store }), name };
}

export function namespaceOf({ request, store }: Pick<Target, 'request' | 'store'>): string {
  if (!store.declaration.type.namespaced) return '';
  const { namespace } = request.info;
  if (namespace !== '') checkSegment('Namespace', namespace);
  return namespace;
}

/** Escapes in the path can make a name of what would be another key in the store. */
function checkSegment(what: 'Name' | 'Namespace', text: string): void {
  const fault = pathSegment(text)[0];
  if (fault !== undefined)
    throw statusError('BadRequest', `${what} parameter invalid: ${JSON.stringify(text)}: ${fault}`);
}

export function callerOf({ request, postedTo }: Target, dryRun: boolean): Caller {
  const { user, http } = request;
  return {
    user,
    dryRun,
    manager: managerOf(http),
    options: optionsOf(http.query, dryRun),
    request: new SentWrite(request),
    ...(postedTo !== undefined && { postedTo }),
  };
}

class SentWrite implements WriteRequest {
  readonly #request: ApiRequest;

  constructor(request: ApiRequest) {
    this.#request = request;
  }

  /** Made when somebody asks for it. */
  get signal(): AbortSignal {
    return this.#request.http.signal;
  }

  get deadlineMs(): number | undefined {
    return this.#request.http.deadlineMs;
  }

  get hearsWarnings(): boolean {
    return !(this.#request.http.body instanceof JsonValue);
  }

  warn(text: string): void {
    this.#request.notes.warn(text);
  }

  annotate(key: string, value: string): void {
    this.#request.notes.annotate(key, value);
  }

  annotateDetail(key: string, value: () => string): void {
    this.#request.notes.annotateDetail(key, value);
  }
}

function optionsOf(query: URLSearchParams, dryRun: boolean): WriteOptions {
  const fieldManager = query.get('fieldManager');
  const fieldValidation = query.get('fieldValidation');
  return {
    ...(dryRun && { dryRun: ['All'] }),
    ...(fieldManager && { fieldManager }),
    ...(fieldValidation && { fieldValidation }),
  };
}

const MAX_MANAGER_BYTES = 128;

/** The `fieldManager` parameter; else what the client calls itself. */
function managerOf({ query, headers }: HttpRequest): string {
  const manager = query.get('fieldManager');
  if (manager) return manager;
  const sent = headers['user-agent'] ?? '';
  const [plain] = /^[ -.0-~]*(?=\/|$)/.exec(sent) ?? [];
  if (plain && plain.length <= MAX_MANAGER_BYTES) return plain;
  // Node.js reads headers as Latin-1, Kubernetes as UTF-8.
  const agent = Buffer.from(sent, 'latin1').toString();
  let name = '';
  for (const char of agent.split('/')[0]!.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '')) {
    if (Buffer.byteLength(name + char) > MAX_MANAGER_BYTES) break;
    name += char;
  }
  return name || UNKNOWN_MANAGER;
}

export function methodNotAllowed() {
  return statusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function resourceNotFound() {
  return statusError('NotFound', 'the server could not find the requested resource', {});
}
