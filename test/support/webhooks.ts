/** Webhooks as functions: what they are sent, and what they answer, without a socket. */
import type {
  OutgoingAnswer,
  OutgoingHttp,
  OutgoingRequest,
} from '../../platform/net/outgoing-http.ts';

export interface Review {
  readonly request: Readonly<Record<string, unknown>> & {
    readonly uid: string;
    readonly operation: string;
    readonly object: Readonly<Record<string, never>> | null;
    readonly oldObject: Readonly<Record<string, never>> | null;
  };
}

/** The response of a review, or a whole HTTP answer. May wait. */
export type Hook = (review: Review, signal: AbortSignal) => unknown;

export class FakeWebhooks implements OutgoingHttp {
  /** By host name. */
  readonly hooks = new Map<string, Hook>();
  /** What was sent, in order, by host. */
  readonly calls: { readonly host: string; readonly url: string; readonly review: Review }[] = [];

  async send(request: OutgoingRequest): Promise<OutgoingAnswer> {
    const { hostname } = new URL(request.url);
    const hook = this.hooks.get(hostname);
    if (hook === undefined) {
      const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
      throw Object.assign(error, { code: 'ENOTFOUND', hostname });
    }
    const review = JSON.parse(Buffer.from(request.body!).toString()) as Review;
    this.calls.push({ host: hostname, url: request.url, review });
    const answered = Promise.resolve(hook(review, request.signal));
    const aborted = new Promise<never>((_resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
    });
    const answer = await Promise.race([answered, aborted]);
    if (typeof answer === 'string') return { status: 200, headers: {}, body: Buffer.from(answer) };
    const { apiVersion } = review as unknown as { apiVersion: string };
    const response = { uid: review.request.uid, ...(answer as object) };
    const body = { kind: 'AdmissionReview', apiVersion, response };
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) };
  }

  /** A configuration's entry for whatever is done to ConfigMaps, called at https://<name>/. */
  entry(name: string, hook: Hook | undefined, more: object = {}): object {
    if (hook !== undefined) this.hooks.set(name, hook);
    const about = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };
    return {
      name,
      clientConfig: { url: `https://${name}/` },
      rules: [{ operations: ['*'], ...about }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...more,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const patched = (...operations: readonly object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});
