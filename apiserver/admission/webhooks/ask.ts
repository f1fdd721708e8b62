import type { MutatingWebhook } from '../../../api/types/admissionregistration-v1.ts';
import { type Status, statusError } from '../../../api/status.ts';
import { uuid } from '../../../platform/random.ts';
import type { WebhookUsers } from '../../webhook/kubeconfig-target.ts';
import { WebhookCallError } from '../../webhook/webhook-client.ts';
import type { Lookups } from '../lookups.ts';
import { WebhookFailure } from './denial.ts';
import {
  InvalidReview,
  type ReviewRequest,
  reviewOf,
  reviewVersionOf,
  type Verdict,
  verdictOf,
} from './review.ts';

export type Webhook = Omit<MutatingWebhook, 'reinvocationPolicy'>;

const TIMEOUT_SECONDS = 10;
/** A patch of the largest object, and something to say about it. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export interface Asking {
  readonly lookups: Lookups;
  readonly mutating: boolean;
  /** As whom. */
  readonly users: WebhookUsers | undefined;
}

/**
 * Asks one webhook. Its warnings and audit annotations are passed on. Rejects with
 * {@link WebhookFailure}, or with StatusError for what no policy may ignore.
 */
export async function ask(webhook: Webhook, request: ReviewRequest, of: Asking): Promise<Verdict> {
  const { metrics } = of.lookups;
  if (metrics === undefined) return exchange(webhook, request, of);
  const about = {
    name: webhook.name,
    operation: request.attributes.operation,
    type: of.mutating ? 'admit' : 'validating',
    begunMs: metrics.now(),
  } as const;
  try {
    const verdict = await exchange(webhook, request, of);
    const code = verdict.allowed ? 200 : ((verdict.result as Partial<Status>)?.code ?? 400);
    metrics.webhook({ ...about, rejected: !verdict.allowed, code });
    return verdict;
  } catch (error) {
    const uncalled = error instanceof WebhookFailure;
    const failedOpen = uncalled && webhook.failurePolicy === 'Ignore';
    const why = uncalled ? 'calling_webhook_error' : 'apiserver_internal_error';
    metrics.webhook({ ...about, rejected: !failedOpen, code: 0, error: why, failedOpen });
    throw error;
  }
}

async function exchange(webhook: Webhook, request: ReviewRequest, of: Asking): Promise<Verdict> {
  const { name, sideEffects, timeoutSeconds = TIMEOUT_SECONDS } = webhook;
  const { attributes } = request;
  const { webhooks, random } = of.lookups;
  if (attributes.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
    throw statusError(
      'BadRequest',
      `admission webhook ${JSON.stringify(name)} does not support dry run`,
    );
  const version = reviewVersionOf(webhook.admissionReviewVersions);
  if (version === undefined)
    throw new WebhookFailure(
      name,
      'webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    );
  if (webhooks === undefined)
    throw new WebhookFailure(name, 'failed to call webhook: this server calls nobody');
  const uid = uuid(random, 'admission review');
  try {
    const answer = await webhooks.call({
      config: webhook.clientConfig,
      body: reviewOf(request, { uid, version }),
      timeoutMs: timeoutSeconds * 1_000,
      signal: attributes.request?.signal,
      deadlineMs: attributes.request?.deadlineMs,
      users: of.users,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
    const verdict = verdictOf(answer, { uid, version, mutating: of.mutating });
    for (const warning of verdict.warnings) attributes.request?.warn(warning);
    for (const [key, value] of Object.entries(verdict.auditAnnotations))
      attributes.request?.annotate(`${name}/${key}`, value);
    return verdict;
  } catch (error) {
    if (error instanceof WebhookCallError)
      throw new WebhookFailure(name, `failed to call webhook: ${error.message}`);
    if (error instanceof InvalidReview)
      throw new WebhookFailure(name, `received invalid webhook response: ${error.message}`);
    throw error;
  }
}
