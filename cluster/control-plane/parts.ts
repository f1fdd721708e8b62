/**
 * The control plane as its own cluster shows it: on a tainted node `master`, each component is a
 * static pod in kube-system, under the names kubeadm gives them. The pods run nothing: they stand
 * for components that run anyway, with the components' logs, ports and restarts.
 */
import type { Taint } from '../../api/types/core-v1.ts';
import type { StaticManifest } from '../../kubelet/static/static-pod.ts';
import type { ComponentState } from '../run-state.ts';

export const MASTER = 'master';
const ROLE = 'node-role.kubernetes.io/control-plane';

export const masterLabels: Readonly<Record<string, string>> = {
  [ROLE]: '',
  'node.kubernetes.io/exclude-from-external-load-balancers': '',
};
export const masterTaints: readonly Taint[] = [{ key: ROLE, effect: 'NoSchedule' }];

/** One component. */
export interface ControlPlanePart {
  /** "etcd", "kube-apiserver": of its container, and with the node's name of its pod. */
  readonly name: string;
  /** As `wherry status` calls it: "store", "apiserver2". */
  readonly component: string;
  readonly command: readonly string[];
  /** What kubeadm asks for it. */
  readonly requests: Readonly<Record<string, string>>;
  /** Where it writes its log, and by which name its lines are known among others'. */
  readonly log: { readonly path: string; readonly component?: string };
}

/** Whether a component runs: undefined, or since when, and where it listens. */
export type PartState = Pick<ComponentState, 'startedAt' | 'address'> | undefined;

/** What is known of all of them. */
export interface PartStates {
  of(component: string): PartState;
  /** Calls back after every change; ends with the answer. */
  follow(changed: () => void): () => void;
}

const kinds: readonly (readonly [RegExp, string, Readonly<Record<string, string>>])[] = [
  [/^store(\d*)$/, 'etcd', { cpu: '100m', memory: '100Mi' }],
  [/^apiserver(\d*)$/, 'kube-apiserver', { cpu: '250m' }],
  [/^controllers()$/, 'kube-controller-manager', { cpu: '200m' }],
  [/^scheduler()$/, 'kube-scheduler', { cpu: '100m' }],
];

/** Undefined for what is no part of a control plane. The second of several is "etcd-2". */
export function partOf(
  component: string,
  about: Pick<ControlPlanePart, 'command' | 'log'>,
): ControlPlanePart | undefined {
  for (const [shape, kind, requests] of kinds) {
    const number = shape.exec(component)?.[1];
    if (number === undefined) continue;
    const name = number === '' || number === '1' ? kind : `${kind}-${number}`;
    return { name, component, requests, ...about };
  }
  return undefined;
}

/** As kubeadm's manifests, where that is true of ours. */
export function manifestOf(part: ControlPlanePart, port: number | undefined): StaticManifest {
  const { name, command, requests } = part;
  const labels = { component: name.replace(/-\d+$/, ''), tier: 'control-plane' };
  return {
    metadata: { name, namespace: 'kube-system', labels },
    spec: {
      hostNetwork: true,
      dnsPolicy: 'ClusterFirst',
      priority: 2_000_001_000,
      priorityClassName: 'system-node-critical',
      containers: [
        {
          name,
          image: 'wherry',
          imagePullPolicy: 'IfNotPresent',
          command: [...command],
          resources: { requests },
          ...(port === undefined ? {} : { ports: [{ containerPort: port, hostPort: port }] }),
        },
      ],
    },
  };
}
