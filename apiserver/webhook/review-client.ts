/**
 * Questions to a webhook of the server's own configuration: who is this, may they? Asked again
 * when the webhook cannot be reached, as kube-apiserver does; bounded in time and size.
 */
import { parseJson } from '../../api/json.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { OutgoingAnswer, OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import { answerFailureText, isSuccess } from './answer-failure.ts';
import { callFailureText } from './call-failure.ts';
import { sendAs } from './exec-user.ts';
import type { KubeconfigTarget } from './kubeconfig-target.ts';
import { WebhookCallError } from './webhook-client.ts';

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

export class ReviewClient {
  readonly #options: ReviewClientOptions;

  constructor(options: ReviewClientOptions) {
    this.#options = options;
  }

  /** The review with its status, as the webhook answers it. */
  async ask(review: object): Promise<Readonly<Record<string, unknown>>> {
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

  async #once(review: object): Promise<Readonly<Record<string, unknown>>> {
    return parsed(await post(this.#options, jsonText(review)));
  }
}

/** Sends JSON once. Rejects with a {@link WebhookCallError} unless it is answered well in time. */
export async function post(
  { http, clock, target, timeoutMs }: ReviewClientOptions,
  json: string,
): Promise<Uint8Array> {
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
    throw failure(text, error !== deadline);
  } finally {
    timer.cancel();
  }
  const { status } = answer;
  if (!isSuccess(status)) throw failure(answerFailureText(answer), status === 429 || status >= 500);
  return answer.body;
}

interface Retriable extends WebhookCallError {
  retriable?: boolean;
}

function failure(text: string, retriable: boolean): WebhookCallError {
  return Object.assign(new WebhookCallError(text), { retriable });
}

function parsed(body: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(Buffer.from(body).toString('utf8')).value;
  } catch (error) {
    throw failure(
      `couldn't get version/kind; json parse error: ${(error as Error).message}`,
      false,
    );
  }
  if (typeof value === 'object' && value !== null)
    return value as Readonly<Record<string, unknown>>;
  throw failure('the webhook answered no object', false);
}
