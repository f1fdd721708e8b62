/** Kubernetes' metrics of the Pod Security Standards: what was judged, and how. */
import type { Metrics } from '../../../platform/metrics/metrics.ts';
import { NEWEST_MINOR } from './evaluate.ts';
import { LATEST, type LevelVersion } from './policy.ts';

export type Mode = 'enforce' | 'audit' | 'warn';

/** Of the request. */
interface Judged {
  readonly operation: string;
  readonly type: { readonly resource: string };
  readonly subresource: string;
}

/** What makes pods is all called a controller. */
const requestOf = ({ operation, type, subresource }: Judged) =>
  [operation.toLowerCase(), type.resource === 'pods' ? 'pod' : 'controller', subresource] as const;

function versionOf({ level, minor }: LevelVersion): string {
  if (minor === LATEST || level === 'privileged') return 'latest';
  return minor > NEWEST_MINOR ? 'future' : `v1.${minor}`;
}

export class PodSecurityMetrics {
  readonly #evaluations;
  readonly #exemptions;
  readonly #errors;

  constructor(metrics: Metrics) {
    const request = ['request_operation', 'resource', 'subresource'];
    this.#evaluations = metrics.counter(
      'pod_security_evaluations_total',
      'Judgements, but of requests that are ignored or exempt.',
      ['decision', 'policy_level', 'policy_version', 'mode', ...request],
    );
    this.#exemptions = metrics.counter(
      ...(['pod_security_exemptions_total', 'Requests that were exempt.', request] as const),
    );
    this.#errors = metrics.counter(
      'pod_security_errors_total',
      'Judgements that could not be made as they were asked for.',
      ['fatal', ...request],
    );
    // Told from the beginning, as there.
    for (const operation of ['create', 'update']) {
      const latest = ['allow', 'privileged', 'latest', 'enforce'] as const;
      this.#evaluations.with(...latest, operation, 'pod', '');
      for (const what of ['pod', 'controller']) this.#exemptions.with(operation, what, '');
    }
  }

  judged(isAllowed: boolean, [mode, by]: readonly [Mode, LevelVersion], request: Judged): void {
    const decision = isAllowed ? 'allow' : 'deny';
    const policy = [by.level, versionOf(by), mode] as const;
    this.#evaluations.with(decision, ...policy, ...requestOf(request)).value++;
  }

  exempted(request: Judged): void {
    this.#exemptions.with(...requestOf(request)).value++;
  }

  /** The strictest policy was taken in place of one that could not be read. */
  misread(request: Judged): void {
    this.#errors.with('false', ...requestOf(request)).value++;
  }
}
