import type { Clock } from '../platform/clock.ts';
import type { Kv } from '../store/kv.ts';
import type { HealthCheck, HealthChecks } from './discovery/health.ts';
import type { Encryption } from './encryption/encryption.ts';

/** How long the store may take to answer before it counts as away. */
const STORE_TIMEOUT_MS = 2_000;
/** Any key will do: what counts is that a linearizable read succeeds. */
const HEALTH_KEY = '/registry/health';

export interface HealthSources {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly synced: () => boolean;
  readonly bootstrapped: () => boolean;
  readonly stopping: () => boolean;
  readonly encryption?: Encryption | undefined;
}

const when = (name: string, healthy: () => boolean, reason: string): HealthCheck => ({
  name,
  check: () => (healthy() ? undefined : reason),
});

/** Answers what is wrong, if something is. */
export function storeCheck({ kv, clock }: Pick<HealthSources, 'kv' | 'clock'>) {
  return {
    name: 'etcd',
    check: () =>
      new Promise<string | undefined>((resolve) => {
        const timer = clock.after(STORE_TIMEOUT_MS, () => {
          resolve(`the store did not answer within ${STORE_TIMEOUT_MS} ms`);
        });
        kv.range({ key: HEALTH_KEY, countOnly: true })
          .then(
            () => resolve(undefined),
            (error: Error) => resolve(error.message),
          )
          .finally(() => timer.cancel());
      }),
  };
}

/** kube-apiserver's names where the check is the same. */
export function healthChecks(sources: HealthSources): HealthChecks {
  const ping: HealthCheck = { name: 'ping', check: () => undefined };
  const etcd = storeCheck(sources);
  const synced = when('informer-sync', sources.synced, 'the watch cache is not filled yet');
  const bootstrapped = when(
    'poststarthook/bootstrap-system-objects',
    sources.bootstrapped,
    'the system objects are not written yet',
  );
  const running = when('shutdown', () => !sources.stopping(), 'the server is stopping');
  const { encryption } = sources;
  // A server that cannot ask for keys is not dead: it is not restarted for that.
  const keys: HealthCheck[] =
    encryption?.checked === true
      ? [{ name: 'kms-providers', check: () => encryption.check() }]
      : [];
  return {
    livez: [ping, etcd, bootstrapped],
    healthz: [ping, etcd, bootstrapped, ...keys],
    readyz: [ping, etcd, synced, bootstrapped, ...keys, running],
  };
}
