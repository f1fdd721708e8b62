/**
 * --authentication-config and --authorization-config are looked at every minute, as kube-apiserver
 * does beside watching them: what can be used is taken over, what cannot leaves in force what was
 * there. In: the files. Out: issuers and authorizers, replaced where they are held.
 */
import { deepEqual } from '../../api/deep.ts';
import type { Ciphers } from '../../platform/crypto/ciphers.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { AccessFlags } from './access-flags.ts';
import { FlagError, type FlagFiles } from './flag-files.ts';
import {
  authorizersOf,
  issuersOf,
  type OutsideEffects,
  type OutsideFiles,
  providerKeys,
} from './outside-access.ts';
import { ReloadMetrics } from '../reload-metrics.ts';

const POLL_MS = 60_000;
/** How long the issuers of a new configuration may take to be heard of. */
const ISSUERS_MS = 10_000;

export interface AccessReloadEffects extends OutsideEffects {
  readonly files: FlagFiles;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly ciphers: Pick<Ciphers, 'fingerprint'>;
  /** The server's name, which metrics show a fingerprint of. */
  readonly server: string;
}

interface Followed {
  readonly what: 'authentication' | 'authorization';
  readonly path: string;
  /** As it was read last, at the start. */
  readonly text: string;
  /** Throws a {@link FlagError} for what will never do; whatever else it throws is tried again. */
  readonly take: (text: string) => Promise<void>;
}

/** Follows the files that the flags name, if any, until it is stopped. */
export function followAccessFiles(
  flags: AccessFlags,
  held: OutsideFiles,
  effects: AccessReloadEffects,
): Running {
  const stopping = new AbortController();
  const { authenticationConfig, authorizationConfig } = flags;
  const { authenticationText, authorizationText } = held;
  const followed: Followed[] = [];
  if (authenticationConfig !== undefined && authenticationText !== undefined)
    followed.push({
      what: 'authentication',
      path: authenticationConfig,
      text: authenticationText,
      take: (text) => takeIssuers(text, flags, { held, effects }),
    });
  if (authorizationConfig !== undefined && authorizationText !== undefined)
    followed.push({
      what: 'authorization',
      path: authorizationConfig,
      text: authorizationText,
      take: (text) => takeAuthorizers(text, authorizationConfig, { held, effects }),
    });
  const all = followed.map((one) => follow(one, effects, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(all);
    },
  };
}

async function follow(
  { what, path, text, take }: Followed,
  effects: AccessReloadEffects,
  signal: AbortSignal,
): Promise<void> {
  const { clock, files, logger } = effects;
  const { fingerprint } = effects.ciphers;
  const metrics = new ReloadMetrics(effects.metrics, clock, {
    what,
    server: fingerprint(effects.server),
  });
  metrics.holds(fingerprint(text));
  let known = text;
  for (;;) {
    await sleep(clock, POLL_MS, signal);
    if (signal.aborted) return;
    let read = known;
    try {
      read = await files.read(`${what}-config`, path);
      if (read === known) continue;
      await take(read);
      known = read;
      metrics.succeeded(fingerprint(read));
      logger.info({ path }, `${what} configuration taken over`);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof FlagError) known = read;
      metrics.failed();
      const message = `${what} configuration not taken over: the one before it holds`;
      logger.error({ path, error: (error as Error).message }, message);
    }
  }
}

interface Taking {
  readonly held: OutsideFiles;
  readonly effects: AccessReloadEffects;
}

async function takeIssuers(
  text: string,
  flags: AccessFlags,
  { held, effects }: Taking,
): Promise<void> {
  const { issuers, anonymous } = issuersOf(flags, text);
  if (!deepEqual(anonymous, held.anonymous))
    throw new FlagError('anonymous: Forbidden: changed from initial configuration file');
  const next = issuers.map((issuer) => ({ ...issuer, keys: providerKeys(issuer, effects) }));
  await within(effects.clock, Promise.all(next.map(({ keys }) => keys.refreshed())));
  held.issuers.replace(next);
}

/** Those of this server itself are there from its start, or not at all. */
const OWN = ['Node', 'RBAC', 'ABAC'] as const;

async function takeAuthorizers(
  text: string,
  path: string,
  { held, effects }: Taking,
): Promise<void> {
  const next = await authorizersOf(path, text, effects.files);
  const has = (list: typeof next, type: string): boolean =>
    list.some(({ settings }) => settings.type === type);
  for (const type of OWN)
    if (has(next, type) && !has(held.firstAuthorizers, type))
      throw new FlagError(
        `authorizer type ${type} is not allowed if it was not enabled at initial server startup`,
      );
  held.authorizers.replace(next);
}

async function within(clock: Clock, work: Promise<unknown>): Promise<void> {
  let timer: { cancel(): void } | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = clock.after(ISSUERS_MS, () => reject(new Error('context deadline exceeded')));
  });
  try {
    await Promise.race([work, late]);
  } finally {
    timer?.cancel();
  }
}
