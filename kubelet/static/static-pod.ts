/**
 * Static pods: what a node runs by itself, from manifests of its own. The API server only sees
 * mirrors of them, by the annotations and names of the kubelet.
 */
import { nameOf } from '../../api/meta.ts';
import { formatTime } from '../../api/time.ts';
import type { Node, Pod, PodTemplateSpec } from '../../api/types/core-v1.ts';
import { jsonText } from '../../platform/json-text.ts';

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
const HASH_ANNOTATION = 'kubernetes.io/config.hash';
const SOURCE_ANNOTATION = 'kubernetes.io/config.source';
const SEEN_ANNOTATION = 'kubernetes.io/config.seen';

/** A pod as its manifest has it: of `metadata` only name, namespace, labels and annotations. */
export interface StaticManifest {
  readonly metadata: NonNullable<PodTemplateSpec['metadata']>;
  readonly spec: Pod['spec'];
}

export interface StaticOrigin {
  readonly nodeName: string;
  /** As `kubernetes.io/config.source` tells it: "file". */
  readonly source: string;
  /** 32 hexadecimal digits of a digest. */
  readonly hash: (text: string) => string;
  readonly nowMs: number;
}

export const isMirror = (pod: Pod): boolean =>
  pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined;

/** Of the static pod that a mirror shows. */
export const mirroredHash = (mirror: Pod): string | undefined =>
  mirror.metadata.annotations?.[MIRROR_ANNOTATION];

/** Its uid is its hash: another manifest of the same name is another pod. */
export function staticPodOf({ metadata, spec }: StaticManifest, origin: StaticOrigin): Pod {
  const { nodeName, source, hash, nowMs } = origin;
  const { name = '', namespace = 'default', labels, annotations } = metadata;
  const uid = hash(jsonText([nodeName, source, namespace, name, labels, annotations, spec]));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${nodeName}`,
      namespace,
      uid,
      ...(labels === undefined ? {} : { labels }),
      annotations: {
        ...annotations,
        [HASH_ANNOTATION]: uid,
        [SOURCE_ANNOTATION]: source,
        [SEEN_ANNOTATION]: formatTime(nowMs),
      },
    },
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      ...spec,
      nodeName,
      // No taint that comes later ends what the node itself wants to run.
      tolerations: [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
  };
}

/** What the API server is shown of it. */
export function mirrorOf(pod: Pod, node: Node) {
  const { name, namespace, labels, annotations, uid = '' } = pod.metadata;
  const owner = {
    apiVersion: 'v1',
    kind: 'Node',
    name: nameOf(node),
    uid: node.metadata.uid ?? '',
    controller: true,
  };
  return {
    metadata: {
      name: name!,
      namespace: namespace!,
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [MIRROR_ANNOTATION]: uid },
      ownerReferences: [owner],
    },
    spec: pod.spec,
  };
}
