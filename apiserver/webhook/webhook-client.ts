/**
 * Calls to webhooks: admission here, conversion of custom resources, authorization. In: a
 * `clientConfig` as admission registrations and custom resource definitions have it, and a JSON
 * value. Out: the JSON value that the webhook answers, or a {@link WebhookCallError} that says
 * what is wrong in the words of kube-apiserver.
 *
 * A webhook may hang, answer without end, answer garbage or call back in: time and size are
 * bounded, and connections are kept per server and certificate, not per webhook.
 */
import { isObject } from '../../api/deep.ts';
import { MalformedJson, parseJson } from '../../api/json.ts';
import { undetectable, UNDETECTED } from '../../api/schema/decode.ts';
import type { Clock } from '../../platform/clock.ts';
import { jsonText } from '../../platform/json-text.ts';
import {
  type OutgoingAnswer,
  OutgoingAnswerTooLarge,
  type OutgoingHttp,
} from '../../platform/net/outgoing-http.ts';
import type { Random } from '../../platform/random.ts';
import { answerFailureText, isSuccess } from './answer-failure.ts';
import type { WebhookUsers } from './kubeconfig-target.ts';
import { callFailureText } from './call-failure.ts';
import { sendAs } from './exec-user.ts';
import { NoAddress, type ServiceLookup, serviceAddress } from './service-address.ts';

/** admissionregistration/v1 and apiextensions/v1 WebhookClientConfig. */
export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly path?: string;
    readonly port?: number;
  };
  /** PEM authorities, in base64. */
  readonly caBundle?: string;
}

export interface WebhookCall {
  readonly config: WebhookClientConfig;
  readonly body: unknown;
  /** For connecting, asking and reading the answer together. */
  readonly timeoutMs: number;
  /** Of the request on whose behalf the webhook is called. */
  readonly signal?: AbortSignal | undefined;
  /** When that aborts at the latest, by our monotonic clock: no webhook is told of more time. */
  readonly deadlineMs?: number | undefined;
  /** Absent: as nobody. */
  readonly users?: WebhookUsers | undefined;
  /** Default 16 MiB. */
  readonly maxAnswerBytes?: number;
}

/** The webhook could not be asked, or its answer could not be read. */
export class WebhookCallError extends Error {
  override readonly name = 'WebhookCallError';
}

export interface WebhookClientOptions {
  readonly http: OutgoingHttp;
  readonly services: ServiceLookup;
  readonly clock: Clock;
  readonly random: Random;
}

const DEFAULT_PORT = 443;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const DEADLINE = 'context deadline exceeded';
const CANCELED = 'context canceled';

interface Target {
  /** With the timeout, as the webhook sees it and as errors show it. */
  readonly url: string;
  /** Of the certificate. */
  readonly serverName: string;
}

export class WebhookClient {
  readonly #options: WebhookClientOptions;
  /** By the configurations that hold them, which the cache owns. */
  readonly #authorities = new WeakMap<WebhookClientConfig, string>();

  constructor(options: WebhookClientOptions) {
    this.#options = options;
  }

  async call(call: WebhookCall): Promise<unknown> {
    const target = targetOf(call.config, this.#toldMs(call));
    const answer = await this.#bounded(call, (signal) => this.#post(call, target, signal)).catch(
      (error: unknown): never => {
        const why = error instanceof NoAddress ? error.message : failureText(error, target);
        throw new WebhookCallError(`Post ${JSON.stringify(target.url)}: ${why}`);
      },
    );
    if (!isSuccess(answer.status)) throw new WebhookCallError(answerFailureText(answer));
    return answerValue(answer);
  }

  #toldMs({ timeoutMs, deadlineMs }: WebhookCall): number {
    if (deadlineMs === undefined) return timeoutMs;
    return Math.min(timeoutMs, Math.max(deadlineMs - this.#options.clock.monotonic(), 1));
  }

  async #post(call: WebhookCall, target: Target, signal: AbortSignal): Promise<OutgoingAnswer> {
    const { http, services, random } = this.#options;
    const { service } = call.config;
    const { name = '', namespace = '', port = DEFAULT_PORT } = service ?? {};
    const address =
      service === undefined
        ? undefined
        : await serviceAddress({ name, namespace, port }, services, random);
    const ca = this.#caOf(call.config);
    const user = call.users?.(hostPortOf(target));
    return sendAs(user, signal, ({ headers, client }) =>
      http.send({
        method: 'POST',
        url: target.url,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, */*',
          'user-agent': 'kube-apiserver-admission',
          ...headers,
        },
        body: Buffer.from(jsonText(call.body)),
        ...(address === undefined ? {} : { address, serverName: target.serverName }),
        ...(ca === undefined ? {} : { ca }),
        ...(client === undefined ? {} : { client }),
        maxAnswerBytes: call.maxAnswerBytes ?? MAX_ANSWER_BYTES,
        signal,
      }),
    );
  }

  /** Runs `work` with a signal that ends with the client's, or with the time. */
  async #bounded<T>(
    { timeoutMs, signal }: WebhookCall,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    const cancel = (): void => controller.abort(new Error(CANCELED));
    const timer = this.#options.clock.after(timeoutMs, () => controller.abort(new Error(DEADLINE)));
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await work(controller.signal);
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', cancel);
    }
  }

  #caOf(config: WebhookClientConfig): string | undefined {
    const { caBundle } = config;
    if (caBundle === undefined || caBundle === '') return undefined;
    let pem = this.#authorities.get(config);
    if (pem === undefined) {
      pem = Buffer.from(caBundle, 'base64').toString('utf8');
      this.#authorities.set(config, pem);
    }
    return pem;
  }
}

/** Throws {@link WebhookCallError} unless it is an object in JSON. */
export function answerValue({
  status,
  headers,
  body,
}: OutgoingAnswer): Readonly<Record<string, unknown>> {
  if (body.length === 0) {
    const type = headers['content-type'] ?? '';
    const of = `with status code: ${status} and content type: ${type}`;
    throw new WebhookCallError(`0-length response ${of}`);
  }
  const text = Buffer.from(body).toString('utf8');
  try {
    const { value } = parseJson(text);
    if (isObject(value)) return value;
    throw new WebhookCallError(undetectable(value));
  } catch (error) {
    if (error instanceof MalformedJson) throw new WebhookCallError(`${UNDETECTED}${error.message}`);
    throw error;
  }
}

function failureText(error: unknown, target: Target): string {
  if (error instanceof OutgoingAnswerTooLarge) return `the answer is too large: ${error.message}`;
  return callFailureText(error, target.serverName);
}

function hostPortOf({ url }: Target): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || DEFAULT_PORT}`;
}

/** A service's certificate is for its DNS name, by whatever address it is reached. */
function targetOf({ url, service }: WebhookClientConfig, timeoutMs: number): Target {
  const timeout = `timeout=${Math.ceil(timeoutMs / 1000)}s`;
  if (service === undefined) {
    if (url === undefined || !URL.canParse(url))
      throw new WebhookCallError('webhook configuration must have either service or URL');
    const { origin, pathname, hostname } = new URL(url);
    // client-go joins paths anew: envtest writes two slashes at their beginning.
    const path = pathname.replaceAll(/\/{2,}/g, '/');
    return { url: `${withPort(origin, url)}${path}?${timeout}`, serverName: hostname };
  }
  const { name = '', namespace = '', path = '', port = DEFAULT_PORT } = service;
  const serverName = `${name}.${namespace}.svc`;
  return { url: `https://${serverName}:${port}${path || '/'}?${timeout}`, serverName };
}

/** The port as it was written, which the parser leaves out when it is the usual one. */
function withPort(origin: string, url = ''): string {
  return /^https:\/\/[^/]*:443(\/|$)/.test(url) ? `${origin}:443` : origin;
}
