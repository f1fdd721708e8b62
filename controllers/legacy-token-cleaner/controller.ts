/**
 * The cleaner of service account tokens in Secrets (KEP-2799): once a day it looks for those that
 * were made for accounts before Kubernetes 1.24 and that nobody has used for a year.
 */
import {
  DAY_MS,
  dayOf,
  INVALID_SINCE,
  TOKEN_TRACKING,
  TOKEN_TYPE,
} from '../../api/token-secrets.ts';
import { keyOf, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { podReferences } from '../../api/pod-references.ts';
import { configMaps, pods, secrets, serviceAccounts } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Secret } from '../../api/types/core-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { isTrackedLongEnough, nextStep, type Surroundings } from './plan.ts';

const DEFAULT_PERIOD_MS = 365 * DAY_MS;
/** The one key: all of them. */
const TOKENS = 'tokens';

export function legacyTokenCleaner(context: ControllerContext): Controller {
  return new LegacyTokenCleaner(context);
}

class LegacyTokenCleaner extends BaseController {
  readonly name = 'legacy-serviceaccount-token-cleaner-controller';
  readonly #secrets = this.informerOf(secrets);
  readonly #accounts = this.informerOf(serviceAccounts);
  readonly #pods = this.informerOf(pods);

  begin(): void {
    this.queue.add(TOKENS);
  }

  async reconcile(): Promise<ReconcileResult> {
    const tokens = this.#secrets.lister.list().filter(({ type }) => type === TOKEN_TYPE);
    if (tokens.length > 0) await this.#clean(tokens);
    return { requeueAfterMs: DAY_MS };
  }

  async #clean(tokens: readonly Secret[]): Promise<void> {
    const { clock, legacyTokenPeriodMs: periodMs = DEFAULT_PERIOD_MS } = this.context;
    const terms = { nowMs: clock.now(), periodMs };
    if (!isTrackedLongEnough(await this.#trackedSince(), terms)) return;
    const mounted = this.#mounted();
    const around: Surroundings = {
      ...terms,
      account: (namespace, name) => this.#accounts.lister.get(`${namespace}/${name}`),
      isMounted: (secret) => mounted().has(keyOf(secret)),
    };
    for (const secret of tokens) {
      const step = nextStep(secret, around);
      if (step !== 'keep') await this.#carryOut(step, secret, terms.nowMs);
    }
  }

  /** "" if nobody says. */
  async #trackedSince(): Promise<string> {
    try {
      const { data = {} } = await this.context.client.get(configMaps, TOKEN_TRACKING);
      return data['since'] ?? '';
    } catch (error) {
      if (isStatus(error, 'NotFound')) return '';
      throw error;
    }
  }

  /** Keys of Secrets that pods name, read when first asked for. */
  #mounted(): () => ReadonlySet<string> {
    let keys: ReadonlySet<string> | undefined;
    return () =>
      (keys ??= new Set(
        this.#pods.lister
          .list()
          .flatMap((pod) =>
            podReferences(pod).flatMap(({ resource, name }) =>
              resource === 'secrets' ? [`${namespaceOf(pod)}/${name}`] : [],
            ),
          ),
      ));
  }

  async #carryOut(step: 'mark' | 'delete', secret: Secret, nowMs: number): Promise<void> {
    const { client, logger } = this.context;
    const ref = { namespace: namespaceOf(secret), name: nameOf(secret) };
    const uid = uidOf(secret);
    try {
      if (step === 'mark') {
        const metadata = { uid, labels: { [INVALID_SINCE]: dayOf(nowMs) } };
        await client.patch(secrets, ref, {
          type: 'application/merge-patch+json',
          body: { metadata },
        });
      } else {
        // Whoever uses it meanwhile changes it.
        const { resourceVersion = '' } = secret.metadata;
        await client.delete(secrets, ref, { preconditions: { uid, resourceVersion } });
      }
      logger.info({ secret: keyOf(secret), step }, 'unused service account token');
    } catch (error) {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
    }
  }
}
