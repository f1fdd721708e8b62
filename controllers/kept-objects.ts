/**
 * What the caches of controllers keep of an object. ConfigMaps, Secrets and schemas may be large
 * and many, and most of them are followed for their metadata alone.
 */
import { BOOTSTRAP_TOKEN_TYPE } from '../api/bootstrap-token.ts';
import type { KubernetesObject } from '../api/meta.ts';
import { TOKEN_TYPE } from '../api/token-secrets.ts';
import type { Secret } from '../api/types/core-v1.ts';
import { CLUSTER_INFO } from './bootstrap-token/sign.ts';
import { ROOT_CA } from './root-ca-publisher/plan.ts';
import { withoutSchemas } from './runtime/custom-types.ts';
import { SWITCHES } from './switches.ts';

const readMaps: readonly (string | undefined)[] = [CLUSTER_INFO.name, ROOT_CA, SWITCHES.name];
const readSecrets: readonly (string | undefined)[] = [BOOTSTRAP_TOKEN_TYPE, TOKEN_TYPE];

export function keptOf(object: KubernetesObject): KubernetesObject {
  if (object.apiVersion !== 'v1') return withoutSchemas(object);
  if (object.kind === 'ConfigMap' && !readMaps.includes(object.metadata.name))
    return metadataOf(object);
  if (object.kind === 'Secret' && !readSecrets.includes((object as Secret).type))
    return metadataOf(object);
  return object;
}

function metadataOf({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject {
  const { annotations: _large, managedFields: _owners, ...kept } = metadata;
  return { apiVersion, kind, metadata: kept };
}
