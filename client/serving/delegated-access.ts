/**
 * May who asks read a path of this component? The API server says so, as for Kubernetes' own
 * components: a client certificate or, by a TokenReview, a bearer token tells who it is, a
 * SubjectAccessReview what that user may do.
 */
import type { ResourceType } from '../../api/resource.ts';
import { type StatusError, statusError } from '../../api/status.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HttpRequest, Peer } from '../../platform/net/http.ts';
import type { RestClient } from '../rest.ts';

const review = (group: string, resource: string, kind: string): ResourceType => ({
  group,
  version: 'v1',
  resource,
  kind,
  namespaced: false,
});
const tokenReviews = review('authentication.k8s.io', 'tokenreviews', 'TokenReview');
const accessReviews = review('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview');

/** kube-scheduler's and kube-controller-manager's caches keep answers this long. */
const KEEP_MS = 10_000;
/** Answers kept; a scraper needs one. */
const MAX_KEPT = 256;

interface ReviewedUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface Kept {
  readonly untilMs: number;
  readonly refusal: StatusError | undefined;
}

export class DelegatedAccess {
  readonly #client: RestClient;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(client: RestClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Undefined if the request may be answered. */
  async refusal(request: HttpRequest): Promise<StatusError | undefined> {
    const token = /^bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1] ?? '';
    const { certificate, certificateError } = request.peer;
    const who = certificate ?? certificateError;
    const key = JSON.stringify([request.method, request.path, token, who]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.untilMs > this.#clock.monotonic()) return kept.refusal;
    const refusal = await this.#ask(request, token);
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(key, { untilMs: this.#clock.monotonic() + KEEP_MS, refusal });
    return refusal;
  }

  async #ask(request: HttpRequest, token: string): Promise<StatusError | undefined> {
    const { method, path, peer } = request;
    // A certificate of an unknown CA makes nobody anonymous; a token beside it still counts.
    const other = peer.certificateError === undefined ? anonymous : undefined;
    const user = certified(peer) ?? (token === '' ? other : await this.#userOf(token));
    if (user === undefined) return statusError('Unauthorized', 'Unauthorized');
    const verb = method.toLowerCase();
    const { username = '', uid, groups, extra } = user;
    const asked = await this.#client.create(accessReviews, {
      metadata: {},
      spec: {
        user: username,
        uid,
        groups,
        extra,
        nonResourceAttributes: { path, verb },
      },
    } as never);
    const { status } = asked as { status?: { allowed?: boolean } };
    if (status?.allowed === true) return undefined;
    const text = `forbidden: User ${JSON.stringify(username)} cannot ${verb} path "${path}"`;
    return statusError('Forbidden', text, {});
  }

  async #userOf(token: string): Promise<ReviewedUser | undefined> {
    const answer = await this.#client.create(tokenReviews, {
      metadata: {},
      spec: { token },
    } as never);
    const { status } = answer as { status?: { authenticated?: boolean; user?: ReviewedUser } };
    return status?.authenticated === true ? status.user : undefined;
  }
}

/** Who a certificate that was verified belongs to. */
function certified({ certificate }: Peer): ReviewedUser | undefined {
  if (certificate === undefined) return undefined;
  const groups = [...certificate.organizations, 'system:authenticated'];
  return { username: certificate.commonName, groups };
}

const anonymous: ReviewedUser = {
  username: 'system:anonymous',
  groups: ['system:unauthenticated'],
};
