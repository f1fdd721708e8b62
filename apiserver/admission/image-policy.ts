/**
 * A webhook that says which images may run
 * (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#imagepolicywebhook).
 */
import type { Container, Pod } from '../../api/types/core-v1.ts';
import { ExpiringCache } from '../../platform/expiring-cache.ts';
import type { KubeconfigTarget } from '../webhook/kubeconfig-target.ts';
import { ReviewClient } from '../webhook/review-client.ts';
import { WebhookCallError } from '../webhook/webhook-client.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';
import type { Lookups } from './lookups.ts';

export interface ImagePolicy {
  readonly target: KubeconfigTarget;
  /** How long answers are kept; 0: not at all. */
  readonly allowTtlMs: number;
  readonly denyTtlMs: number;
  readonly firstRetryMs: number;
  /** Whether pods come in while the webhook does not answer. */
  readonly defaultAllow: boolean;
}

interface ReviewStatus {
  readonly allowed?: boolean;
  readonly reason?: string;
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** Of audit annotations. */
const PREFIX = 'imagepolicywebhook.image-policy.k8s.io/';
/** Of annotations that the webhook is shown. */
const SHOWN = '.image-policy.k8s.io/';
const FAILED_OPEN = 'alpha.image-policy.k8s.io/failed-open';
const TIMEOUT_MS = 30_000;
const MOST_ANSWERS = 1024;

export class ImagePolicyWebhook implements AdmissionPlugin {
  readonly name = 'ImagePolicyWebhook';
  readonly #policy: ImagePolicy;
  readonly #client: ReviewClient | undefined;
  readonly #answers: ExpiringCache<ReviewStatus>;

  constructor({ outgoing, clock }: Pick<Lookups, 'outgoing' | 'clock'>, policy: ImagePolicy) {
    const { target, firstRetryMs } = policy;
    this.#policy = policy;
    this.#client =
      outgoing &&
      new ReviewClient({ http: outgoing, clock, target, firstRetryMs, timeoutMs: TIMEOUT_MS });
    this.#answers = new ExpiringCache(clock, MOST_ANSWERS);
  }

  handles({ operation, type, subresource }: AdmissionAttributes): boolean {
    if (type.group !== '' || type.resource !== 'pods') return false;
    const isWritten = operation === 'CREATE' || operation === 'UPDATE';
    return isWritten && (subresource === '' || subresource === 'ephemeralcontainers');
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const pod = attributes.object as unknown as Pod;
    const { allowed, reason, auditAnnotations } = await this.#status(attributes, pod);
    for (const [key, value] of Object.entries(auditAnnotations ?? {}))
      attributes.request?.annotate(PREFIX + key, value);
    if (allowed === true) return;
    throw admissionForbidden(
      attributes,
      reason
        ? `image policy webhook backend denied one or more images: ${reason}`
        : 'one or more images rejected by webhook backend',
    );
  }

  async #status(attributes: AdmissionAttributes, pod: Pod): Promise<ReviewStatus> {
    const spec = reviewSpec(attributes, pod);
    const key = JSON.stringify(spec);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    try {
      const review = { kind: 'ImageReview', apiVersion: 'imagepolicy.k8s.io/v1alpha1', spec };
      const answer = await this.#client?.ask(review);
      const status = (answer?.['status'] ?? {}) as ReviewStatus;
      const { allowTtlMs, denyTtlMs } = this.#policy;
      this.#answers.set(key, status, status.allowed === true ? allowTtlMs : denyTtlMs);
      return status;
    } catch (error) {
      if (!(error instanceof WebhookCallError)) throw error;
      if (!this.#policy.defaultAllow) throw admissionForbidden(attributes, error.message);
      attributes.request?.annotate(`${PREFIX}failed-open`, 'true');
      const { metadata } = attributes.object!;
      metadata.annotations = { ...metadata.annotations, [FAILED_OPEN]: 'true' };
      return { allowed: true };
    }
  }
}

function reviewSpec({ namespace, subresource }: AdmissionAttributes, { metadata, spec }: Pod) {
  const all: readonly Pick<Container, 'image'>[] =
    subresource === ''
      ? [...spec.containers, ...(spec.initContainers ?? [])]
      : (spec.ephemeralContainers ?? []);
  const shown = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.includes(SHOWN));
  return {
    containers: all.map(({ image }) => ({ image })),
    ...(shown.length > 0 && { annotations: Object.fromEntries(shown) }),
    namespace,
  };
}
