/** kube-apiserver's metrics about who asks and whether they may. */
import type { Clock } from '../../platform/clock.ts';
import type { Peer } from '../../platform/net/http.ts';
import { exponential } from '../../platform/metrics/histogram.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { Authentication } from '../authn/authenticator.ts';
import type { Decision } from '../authz/authorizer.ts';

const SECONDS = exponential(0.001, 2, 15);
const HOUR = 3600;
const DAY = 24 * HOUR;
/** Seconds that a client's certificate has left. */
const LEFT = [
  ...[0, HOUR / 2, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR],
  ...[1, 2, 4, 7, 30, 90, 180, 360].map((days) => days * DAY),
];
/** Of users that are named; all others are one. */
const known = new Set(['admin', 'kubernetes-admin', 'system:anonymous', 'system:apiserver']);

const outcomes = { user: 'success', refused: 'failure', none: 'failure' } as const;

export class AccessMetrics {
  readonly #clock: Clock;
  readonly #attempts;
  readonly #took;
  readonly #users;
  readonly #decisions;
  readonly #judged;
  readonly #left;

  constructor(metrics: Metrics, clock: Clock) {
    this.#clock = clock;
    const byResult = { bounds: SECONDS, labels: ['result'] };
    this.#attempts = bySeries(
      metrics.counter('authentication_attempts', 'Requests by whether they proved who asks.', [
        'result',
      ]),
    );
    this.#took = bySeries(
      metrics.histogram('authentication_duration_seconds', 'Time to find out who asks.', byResult),
    );
    const users = metrics.counter('authenticated_user_requests', 'Requests by user.', ['username']);
    this.#users = bySeries(users);
    const decisions = metrics.counter(
      ...(['authorization_attempts_total', 'Decisions on what users may do.', ['result']] as const),
    );
    this.#decisions = bySeries(decisions);
    this.#judged = bySeries(
      metrics.histogram('authorization_duration_seconds', 'Time to decide.', byResult),
    );
    const left = 'apiserver_client_certificate_expiration_seconds';
    const shape = { bounds: LEFT };
    this.#left = metrics.histogram(left, 'Life left of the certificates shown.', shape).with();
  }

  now(): number {
    return this.#clock.monotonic();
  }

  authenticated(outcome: Authentication | 'error', peer: Peer, begunMs: number): void {
    const result = outcome === 'error' ? 'error' : outcomes[outcome.type];
    this.#attempts(result).value++;
    this.#took(result).observe((this.#clock.monotonic() - begunMs) / 1000);
    if (outcome === 'error' || outcome.type !== 'user') return;
    const { name } = outcome.user;
    this.#users(known.has(name) ? name : 'other').value++;
    const endsMs = peer.certificate?.notAfterMs;
    if (endsMs !== undefined) this.#left.observe((endsMs - this.#clock.now()) / 1000);
  }

  authorized(decision: Decision | 'error', begunMs: number): void {
    const result = resultOf(decision);
    this.#decisions(result).value++;
    this.#judged(result).observe((this.#clock.monotonic() - begunMs) / 1000);
  }
}

function resultOf(decision: Decision | 'error'): string {
  if (decision === 'error') return 'error';
  if (decision.allowed) return 'allowed';
  return decision.denied === true ? 'denied' : 'no-opinion';
}

/** The series of a family with one label. */
function bySeries<S>(family: { with(value: string): S }): (value: string) => S {
  return (value) => family.with(value);
}
