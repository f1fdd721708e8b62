import type { Pod } from '../../api/types/core-v1.ts';
import type { KubeletNode } from '../../kubelet/kubelet.ts';
import type { PodRuntime } from '../../kubelet/runtime.ts';
import type { StaticSource } from '../../kubelet/static/static-pods.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import {
  type ControlPlanePart,
  manifestOf,
  MASTER,
  masterLabels,
  masterTaints,
  type PartStates,
} from './parts.ts';
import { ControlPlaneRuntime } from './runtime.ts';

/** As `kubernetes.io/config.source` of the control plane's pods: no file has them. */
const SOURCE = 'wherry';

export interface Master {
  readonly node: KubeletNode;
  /** The node's runtime, around that of its other pods. */
  readonly runtime: (others: PodRuntime) => PodRuntime;
}

/** The node that shows the control plane, for an agent to be. */
export function masterNode(parts: readonly ControlPlanePart[], states: PartStates): Master {
  const manifests = parts.map((part) => {
    const address = states.of(part.component)?.address;
    return manifestOf(part, address === undefined ? undefined : Number(new URL(address).port));
  });
  const staticPods: StaticSource = {
    name: SOURCE,
    hash: (text) =>
      Buffer.from(sha1(Buffer.from(text)))
        .toString('hex')
        .slice(0, 32),
    read: () => Promise.resolve(manifests),
    follow: () => ({ stop: () => Promise.resolve() }),
  };
  return {
    node: { name: MASTER, labels: masterLabels, taints: masterTaints, staticPods },
    runtime: (others) => new ControlPlaneRuntime({ parts, states, isPart, others }),
  };
}

/** The API server gives no pod such a uid: whoever copies the annotation makes no part. */
const isPart = ({ metadata }: Pod): boolean =>
  metadata.annotations?.['kubernetes.io/config.source'] === SOURCE &&
  /^[0-9a-f]{32}$/.test(metadata.uid ?? '');
