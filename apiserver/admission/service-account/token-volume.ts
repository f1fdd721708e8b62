import type { Mutable } from '../../../api/meta.ts';
import type { Container, PodSpec, Volume } from '../../../api/types/core-v1.ts';

const PREFIX = 'kube-api-access-';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** An hour, and a little, so that a token can be told from those that clients ask for. */
const EXPIRATION_SECONDS = 3_607;
/** 0644. */
const DEFAULT_MODE = 420;

function tokenVolume(name: string): Mutable<Volume> {
  const namespace = {
    path: 'namespace',
    fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
  };
  return {
    name,
    projected: {
      defaultMode: DEFAULT_MODE,
      sources: [
        { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: 'token' } },
        { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
        { downwardAPI: { items: [namespace] } },
      ],
    },
  };
}

/**
 * Gives every container the token of the pod's account, the cluster's CA and the namespace's name,
 * unless it has something else at that place.
 */
export function mountToken(spec: Mutable<PodSpec>, randomSuffix: () => string): void {
  const existing = spec.volumes?.find((volume) => volume.name.startsWith(PREFIX))?.name;
  const name = existing ?? PREFIX + randomSuffix();
  let mounted = false;
  const mount = (container: Mutable<Container>): void => {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) return;
    container.volumeMounts = [...mounts, { mountPath: MOUNT_PATH, name, readOnly: true }];
    mounted = true;
  };
  for (const container of spec.initContainers ?? []) mount(container);
  for (const container of spec.containers ?? []) mount(container);
  if (mounted && existing === undefined)
    spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}
