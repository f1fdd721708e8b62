import type { KubernetesObject } from '../../api/meta.ts';
import type { Headers, JsonValue } from '../../platform/net/http.ts';
import type { Decision } from '../authz/authorizer.ts';
import type { User } from '../authn/user.ts';

/** Kubernetes' own bounds: texts are cut where all are longer, and none begins beyond. */
const MAX_WARNING = 256;
const MAX_WARNINGS_TOTAL = 4096;
const CONTROL = /\p{Cc}/u;

/** As it came, before anything was filled in. */
export interface SentObject {
  readonly metadata: Readonly<Record<'name' | 'uid' | 'resourceVersion', string | undefined>>;
  /** Anew, of the request's body. */
  readonly decode: () => object;
}

/** What becomes of a request besides its answer. One per request; made before it is answered. */
export class RequestNotes {
  #warnings: Set<string> | undefined;
  #annotations: Map<string, string> | undefined;
  #details: Map<string, () => string> | undefined;
  #decision: Decision | undefined;
  /** The server gave it up to protect itself: too many others, too long, or a bug. */
  terminated = false;
  /** By the monotonic clock: when the filter that has it was entered. */
  filterBegunMs = 0;
  /** Sent with the answer, whatever it is. */
  answerHeaders: Headers | undefined;
  /** What was sent to be written, once it is known. */
  sent: SentObject | undefined;
  /** What is answered, as JSON has it, if the client is sent something else. */
  answered: JsonValue | undefined;
  /** Whom the user acts as, if somebody else. */
  impersonated: User | undefined;

  /** Shown to the client once, whatever the answer; not at all where no header can carry it. */
  warn(text: string): void {
    if (text === '' || CONTROL.test(text)) return;
    this.#warnings ??= new Set();
    this.#warnings.add(text);
  }

  /** For the audit log. To be called before the object is changed. */
  noteSent({ metadata }: KubernetesObject, decode: () => KubernetesObject): void {
    const { name, uid, resourceVersion } = metadata;
    this.sent = { metadata: { name, uid, resourceVersion }, decode };
  }

  /** For the audit log: what was sent with a deletion. */
  noteOptions(decode: () => object): void {
    this.sent = {
      metadata: { name: undefined, uid: undefined, resourceVersion: undefined },
      decode,
    };
  }

  /** For the audit log. The first value of a key stays. */
  annotate(key: string, value: string): void {
    this.#annotations ??= new Map();
    if (!this.#annotations.has(key)) this.#annotations.set(key, value);
  }

  /** The same where the log tells what was sent: level Request and above. */
  annotateDetail(key: string, value: () => string): void {
    this.#details ??= new Map();
    this.#details.set(key, value);
  }

  /** For the audit log: how authorization judged the request. */
  decided(decision: Decision): void {
    this.#decision = decision;
  }

  get decision(): Decision | undefined {
    return this.#decision;
  }

  get annotations(): ReadonlyMap<string, string> | undefined {
    return this.#annotations;
  }

  get details(): ReadonlyMap<string, () => string> | undefined {
    return this.#details;
  }

  /** As they are to be sent. */
  warnings(): readonly string[] {
    if (this.#warnings === undefined) return [];
    const all = [...this.#warnings];
    const total = all.reduce((length, text) => length + text.length, 0);
    if (total <= MAX_WARNINGS_TOTAL) return all;
    const sent: string[] = [];
    for (let left = MAX_WARNINGS_TOTAL; left > 0 && sent.length < all.length;) {
      const cut = all[sent.length]!.slice(0, MAX_WARNING);
      left -= cut.length;
      sent.push(cut);
    }
    return sent;
  }
}
