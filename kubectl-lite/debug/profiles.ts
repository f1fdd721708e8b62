/** What each --profile of `debug` adds to the container and its pod. */
import type { Mutable } from '../../api/meta.ts';
import type { Container, EphemeralContainer, Pod } from '../../api/types/core-v1.ts';
import { UsageError } from '../usage-error.ts';

export type DebugStyle = 'node' | 'copy' | 'ephemeral';
export type OpenPod = Mutable<Pod>;
export type OpenContainer = Mutable<Container> | Mutable<EphemeralContainer>;

export interface KeepFlags {
  readonly 'keep-annotations': boolean;
  readonly 'keep-init-containers': boolean;
  readonly 'keep-labels': boolean;
  readonly 'keep-liveness': boolean;
  readonly 'keep-readiness': boolean;
  readonly 'keep-startup': boolean;
}

export interface Profiled {
  readonly pod: OpenPod;
  readonly container: OpenContainer;
  readonly style: DebugStyle;
  readonly keep: KeepFlags;
}

type Profile = (profiled: Profiled) => void;

const profiles: Readonly<Record<string, Profile>> = {
  legacy({ pod, container, style }) {
    if (style === 'node') {
      mountRoot(pod, container);
      useHostNamespaces(pod);
    }
    if (style === 'copy') delete pod.metadata.labels;
  },
  general(profiled) {
    const { pod, container, style } = profiled;
    if (style === 'node') {
      mountRoot(pod, container);
      delete container.securityContext;
      useHostNamespaces(pod);
      return;
    }
    lean(profiled);
    addCapabilities(container, ['SYS_PTRACE']);
  },
  baseline(profiled) {
    delete profiled.container.securityContext;
    lean(profiled);
  },
  restricted(profiled) {
    profiled.container.securityContext = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    };
    lean(profiled);
  },
  netadmin(profiled) {
    addCapabilities(profiled.container, ['NET_ADMIN', 'NET_RAW']);
    if (profiled.style === 'node') useHostNamespaces(profiled.pod);
    lean(profiled);
  },
  sysadmin(profiled) {
    const { pod, container, style } = profiled;
    container.securityContext = { ...container.securityContext, privileged: true };
    if (style === 'node') {
      useHostNamespaces(pod);
      mountRoot(pod, container);
    }
    lean(profiled);
  },
};

export function profileNamed(name: string): Profile {
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found === undefined) throw new UsageError(`unknown profile: ${name}`);
  return found;
}

/** A copy lets go of what would make others take it for the original, or would end it. */
function lean({ pod, style, keep }: Profiled): void {
  if (style !== 'copy') return;
  if (!keep['keep-labels']) delete pod.metadata.labels;
  if (!keep['keep-annotations']) delete pod.metadata.annotations;
  for (const container of pod.spec.containers) {
    if (!keep['keep-liveness']) delete container.livenessProbe;
    if (!keep['keep-readiness']) delete container.readinessProbe;
    if (!keep['keep-startup']) delete container.startupProbe;
  }
  if (!keep['keep-init-containers']) delete pod.spec.initContainers;
  pod.spec.shareProcessNamespace ??= true;
}

function useHostNamespaces({ spec }: OpenPod): void {
  Object.assign(spec, { hostNetwork: true, hostPID: true, hostIPC: true });
}

function mountRoot({ spec }: OpenPod, container: OpenContainer): void {
  const name = 'host-root';
  spec.volumes = [...(spec.volumes ?? []), { name, hostPath: { path: '/' } }];
  container.volumeMounts = [...(container.volumeMounts ?? []), { mountPath: '/host', name }];
}

function addCapabilities(container: OpenContainer, names: readonly string[]): void {
  const before = container.securityContext?.capabilities;
  const add = [...new Set([...(before?.add ?? []), ...names])];
  container.securityContext = {
    ...container.securityContext,
    capabilities: { ...before, add },
  };
}
