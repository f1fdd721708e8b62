/** When the tokens in Secrets were used last: a label by which unused ones are found (KEP-2799). */
import { DAY_MS, dayOf, LAST_USED } from '../../../api/token-secrets.ts';
import { nameOf, namespaceOf } from '../../../api/meta.ts';
import { resourcePath } from '../../../api/resource.ts';
import { secrets } from '../../../api/resources.ts';
import type { Secret } from '../../../api/types/core-v1.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Logger } from '../../../platform/logger.ts';

export interface TokenUseOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Sends a JSON merge patch. */
  readonly patch: (path: string, patch: object) => Promise<unknown>;
}

export class TokenUse {
  readonly #options: TokenUseOptions;

  constructor(options: TokenUseOptions) {
    this.#options = options;
  }

  /** Once a day at most; that it fails is logged, and keeps nobody out. */
  async note(secret: Secret): Promise<void> {
    const { clock, logger, patch } = this.#options;
    const today = dayOf(clock.now());
    const lastUsed = secret.metadata.labels?.[LAST_USED] ?? '';
    // Another server's clock may be ahead.
    if ([today, dayOf(clock.now() + DAY_MS)].includes(lastUsed)) return;
    const at = { namespace: namespaceOf(secret), name: nameOf(secret) };
    const { uid } = secret.metadata;
    try {
      await patch(resourcePath(secrets, at), { metadata: { uid, labels: { [LAST_USED]: today } } });
    } catch (error) {
      logger.warn({ ...at, error }, 'the last use of a service account token was not noted');
    }
  }
}
