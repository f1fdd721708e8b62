import type { ResourceType } from '../../api/resource.ts';
import { services } from '../../api/resources.ts';
import { sleep } from '../../platform/clock.ts';
import type { Effects } from '../../platform/effects.ts';
import type { RbacObjects } from '../authz/rbac/rbac-authorizer.ts';
import { serviceCidr } from '../registry/kinds/networking/servicecidr.ts';
import { firstServiceAddress } from '../registry/claim-ranges.ts';
import type { Storage } from '../storage/storage.ts';
import { type ClientAuthentication, ensureClientAuthentication } from './client-authentication.ts';
import { ensureRbacPolicy } from './rbac-policy.ts';
import type { SelfClient } from './self-client.ts';
import { ensureStandardObjects, widenServiceRange } from './standard-objects.ts';
import { ensureTokenTracking } from './token-tracking.ts';
import { ensureNamespaces, ensurePriorityClasses, ensureService } from './system-objects.ts';

/** First and longest wait between attempts. */
const RETRY_MS = { first: 50, longest: 2_000 } as const;

export interface FirstObjectsOptions extends Effects {
  readonly client: SelfClient;
  readonly storage: Storage;
  readonly rbacObjects: RbacObjects;
  /** Everything this server serves by itself. */
  readonly types: readonly ResourceType[];
  readonly serves: (type: ResourceType) => boolean;
  readonly serviceClusterIpRange: string;
  /** Gives Services of a restored store their IPAddresses. */
  readonly repairClaims: () => Promise<void>;
  /** The port the Service kubernetes leads to; undefined while the server listens nowhere. */
  readonly securePort: () => number | undefined;
  readonly clientAuthentication: ClientAuthentication | undefined;
}

/**
 * Writes the objects that every cluster has. Tries until it has worked or `signal` ends it (then
 * false): a store that is away will come.
 */
export function ensureFirstObjects(
  options: FirstObjectsOptions,
  signal: AbortSignal,
): Promise<boolean> {
  let told: Promise<void> | undefined;
  return untilDone(options, signal, async () => {
    const system = systemOf(options);
    await Promise.all([ensureNamespaces(system), ensurePriorityClasses(system)]);
    told ??= begunTelling(options, signal);
    await Promise.all([told, ensureHeld(options)]);
  });
}

async function untilDone(
  { clock, logger }: FirstObjectsOptions,
  signal: AbortSignal,
  attempt: () => Promise<void>,
): Promise<boolean> {
  let waitMs: number = RETRY_MS.first;
  while (!signal.aborted) {
    try {
      await attempt();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      logger.warn({ error, retryInMs: waitMs }, 'cannot write the system objects yet');
      await sleep(clock, waitMs, signal);
      waitMs = Math.min(waitMs * 2, RETRY_MS.longest);
    }
  }
  return false;
}

/**
 * What others read of this server. It changes with the server's certificates, so webhooks are
 * asked: one that refuses everything must not keep a server from being ready. Resolves after the
 * first attempt, and goes on.
 */
function begunTelling(options: FirstObjectsOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, clientAuthentication } = options;
  const attempt = async (): Promise<void> => {
    await Promise.all([
      clientAuthentication && ensureClientAuthentication(client, clientAuthentication),
      ensureTokenTracking(client, clock),
    ]);
  };
  return new Promise((resolve) => {
    void untilDone(options, signal, () => attempt().finally(resolve)).finally(resolve);
  });
}

async function ensureHeld(options: FirstObjectsOptions): Promise<void> {
  await Promise.all([
    ensureService({ ...systemOf(options), securePort: options.securePort() }),
    ensureRbacPolicy({ ...options, objects: options.rbacObjects }),
    ensureStandardObjects(options),
  ]);
  if (options.serves(serviceCidr.type))
    await widenServiceRange(options.client, options.serviceClusterIpRange);
  if (options.serves(services)) await options.repairClaims();
}

function systemOf({ client, serves, serviceClusterIpRange }: FirstObjectsOptions) {
  return { client, serves, serviceAddress: firstServiceAddress(serviceClusterIpRange) };
}
