/**
 * Questions to a webhook of the server's own configuration: who is this, may they? Asked again
 * when it breaks the connection or answers that it failed, as kube-apiserver does; bounded in time
 * and size. An answer is taken only if it is of the kind that was asked for, field by field: what
 * says `"allowed": "false"` allows nothing.
 */
import { decodeObject } from '../../api/schema/decode.ts';
import { definitionOf } from '../../api/schema/table.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { OutgoingAnswer, OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import { answerFailureText, isSuccess } from './answer-failure.ts';
import { callFailureText } from './call-failure.ts';
import { sendAs } from './exec-user.ts';
import type { KubeconfigTarget } from './kubeconfig-target.ts';
import { saysItsKind } from './review-kind.ts';
import { answerValue, WebhookCallError } from './webhook-client.ts';

/** kube-apiserver's. */
const RETRY = { attempts: 5, firstMs: 500, factor: 1.5 } as const;
const MAX_ANSWER_BYTES = 1 << 20;

export interface ReviewClientOptions {
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  readonly target: KubeconfigTarget;
  readonly timeoutMs: number;
  /** Before it is asked again, and longer each time; 0: at once. Default: 500. */
  readonly firstRetryMs?: number;
}

/** What is asked: an object of a kind whose status is the answer. */
export interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

export class ReviewClient {
  readonly #options: ReviewClientOptions;

  constructor(options: ReviewClientOptions) {
    this.#options = options;
  }

  /** The review with its status, as the webhook answers it. Rejects as {@link post} does. */
  async ask(review: Review): Promise<Readonly<Record<string, unknown>>> {
    let waitMs = this.#options.firstRetryMs ?? RETRY.firstMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(review);
      } catch (error) {
        if (!(error instanceof WebhookCallError)) throw error;
        if (attempt === RETRY.attempts || !(error as Retriable).retriable) throw error;
        await sleep(this.#options.clock, waitMs);
        waitMs *= RETRY.factor;
      }
    }
  }

  async #once(review: Review): Promise<Readonly<Record<string, unknown>>> {
    return fitting(answerValue(await post(this.#options, jsonText(review))), review);
  }
}

/** Sends JSON once. Rejects with a {@link WebhookCallError} unless it is answered well in time. */
export async function post(
  { http, clock, target, timeoutMs }: ReviewClientOptions,
  json: string,
): Promise<OutgoingAnswer> {
  const controller = new AbortController();
  const deadline = new Error('context deadline exceeded');
  const timer = clock.after(timeoutMs, () => controller.abort(deadline));
  let answer: OutgoingAnswer;
  const { user, ...server } = target;
  const { signal } = controller;
  try {
    answer = await sendAs(user, signal, ({ headers, client }) =>
      http.send({
        ...server,
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          accept: 'application/json, */*',
          'user-agent': 'kube-apiserver',
        },
        ...(client === undefined ? {} : { client }),
        body: Buffer.from(json),
        maxAnswerBytes: MAX_ANSWER_BYTES,
        signal,
      }),
    );
  } catch (error) {
    const host = target.serverName ?? new URL(target.url).hostname;
    const text = `Post ${JSON.stringify(target.url)}: ${callFailureText(error, host)}`;
    throw failure(text, isReset(error));
  } finally {
    timer.cancel();
  }
  if (isSuccess(answer.status)) return answer;
  throw failure(toldStatus(answer) ?? answerFailureText(answer), mayPass(answer));
}

/** The other side broke the connection: a reset, not its end. */
const isReset = (error: unknown): boolean => {
  const { code, syscall } = error as { readonly code?: string; readonly syscall?: string };
  return code === 'ECONNRESET' && syscall === 'read';
};

/** It failed by itself, or names a time after which it may be asked again. */
function mayPass({ status, headers }: OutgoingAnswer): boolean {
  const fails = status === 429 || (status >= 500 && status !== 503);
  return fails || /^[1-9]\d*$/.test(headers['retry-after'] ?? '');
}

/** The message of a Status. */
function toldStatus({ body }: OutgoingAnswer): string | undefined {
  let told: unknown;
  try {
    told = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
  const { kind, status, message } = (told ?? {}) as Readonly<Record<string, unknown>>;
  const isFailure = kind === 'Status' && status === 'Failure';
  return isFailure && typeof message === 'string' && message !== '' ? message : undefined;
}

interface Retriable extends WebhookCallError {
  retriable?: boolean;
}

function failure(text: string, retriable: boolean): WebhookCallError {
  return Object.assign(new WebhookCallError(text), { retriable });
}

/** The answer as the tables know it: versions differ in what is asked, not in the status. */
function fitting(
  answer: Readonly<Record<string, unknown>>,
  { apiVersion, kind }: Review,
): Readonly<Record<string, unknown>> {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const known = { group, version: 'v1', kind };
  if (definitionOf(known) === undefined) return answer;
  saysItsKind(answer, { group, version, kind });
  const refused = (why: string): Error => new WebhookCallError(why);
  return decodeObject(known, answer, { mode: 'Ignore', refused }).object;
}
