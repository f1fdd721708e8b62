/**
 * The bootstrap signer: kube-public/cluster-info, which says to anybody where the API server is and
 * whom to trust, is signed with each bootstrap token, so that who holds one (`kubeadm join`) can
 * tell it from a forgery.
 */
import { BOOTSTRAP_TOKEN_TYPE } from '../../api/bootstrap-token.ts';
import { namespaceOf } from '../../api/meta.ts';
import { configMaps as configMapType, secrets as secretType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { ConfigMap, Secret } from '../../api/types/core-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { planSignatures } from './plan.ts';

export const CLUSTER_INFO = { namespace: 'kube-public', name: 'cluster-info' } as const;
const KEY = `${CLUSTER_INFO.namespace}/${CLUSTER_INFO.name}`;

export function bootstrapSigner(context: ControllerContext): Controller {
  const { client, clock, informers, hmacSha256: hmac } = context;
  const queue = new WorkQueue({ clock });
  const maps = informers.of(configMapType);
  const secrets = informers.of(secretType);
  const ofMap = (map: ConfigMap): void => {
    const { namespace, name } = map.metadata;
    if (namespace === CLUSTER_INFO.namespace && name === CLUSTER_INFO.name) queue.add(KEY);
  };
  const isToken = (secret: Secret): boolean =>
    secret.type === BOOTSTRAP_TOKEN_TYPE && namespaceOf(secret) === 'kube-system';
  const ofSecret = (secret: Secret): void => {
    if (isToken(secret)) queue.add(KEY);
  };
  maps.addHandler({ added: ofMap, updated: (_old, map) => ofMap(map) });
  secrets.addHandler({
    added: ofSecret,
    updated: (_old, secret) => ofSecret(secret),
    deleted: ofSecret,
  });
  return {
    name: 'bootstrap-signer-controller',
    queue,
    informers: [maps, secrets],
    async reconcile(key) {
      const map = maps.lister.get(key);
      if (map === undefined || hmac === undefined) return undefined;
      const tokens = secrets.lister.list().filter(isToken);
      const signed = planSignatures(map, tokens, { nowMs: clock.now(), hmac });
      try {
        if (signed !== undefined) await client.update(configMapType, signed);
      } catch (error) {
        // Gone, or its next version is on the way and will be looked at.
        if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
      }
      return undefined;
    },
  };
}
