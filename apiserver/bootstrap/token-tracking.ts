import { resourcePath } from '../../api/resource.ts';
import { configMaps } from '../../api/resources.ts';
import { formatTime } from '../../api/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SelfClient } from './self-client.ts';

const NAME = 'kube-apiserver-legacy-service-account-token-tracking';
const NAMESPACE = 'kube-system';

/**
 * Says since when uses of tokens in Secrets were noted (KEP-2799). kube-controller-manager looks
 * for it, and takes no Secret for unused that is older.
 */
export async function ensureTokenTracking(client: SelfClient, clock: Clock): Promise<void> {
  if (
    (await client.get(resourcePath(configMaps, { namespace: NAMESPACE, name: NAME }))) !== undefined
  )
    return;
  const data = { since: formatTime(clock.now()).slice(0, 'YYYY-MM-DD'.length) };
  const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME }, data };
  await client.create(resourcePath(configMaps, { namespace: NAMESPACE }), made);
}
