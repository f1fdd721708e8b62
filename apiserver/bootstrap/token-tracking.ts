import { dayOf, TOKEN_TRACKING } from '../../api/token-secrets.ts';
import { resourcePath } from '../../api/resource.ts';
import { configMaps } from '../../api/resources.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SelfClient } from './self-client.ts';

/**
 * Says since when uses of tokens in Secrets were noted (KEP-2799). kube-controller-manager looks
 * for it, and takes no Secret for unused that is older.
 */
export async function ensureTokenTracking(client: SelfClient, clock: Clock): Promise<void> {
  const { namespace, name } = TOKEN_TRACKING;
  const held = await client.get(resourcePath(configMaps, { namespace, name }));
  if (held !== undefined) return;
  const data = { since: dayOf(clock.now()) };
  const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
  await client.create(resourcePath(configMaps, { namespace }), made);
}
