/** The controls of the baseline: what opens known ways out of a container. */
import type { LifecycleHandler, Probe, SELinuxOptions } from '../../../api/types/core-v1.ts';
import {
  type AnyContainer,
  type Check,
  type CheckPod,
  containersOf,
  containersText,
  plural,
  quoted,
  settersText,
  sorted,
} from './check.ts';
import { seccompBaseline } from './seccomp.ts';

/** A control that has always been as it is. */
function always(check: CheckPod): Check {
  return { level: 'baseline', versions: [{ minor: 0, check }] };
}

const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

const appArmorProfile = always(({ annotations = {} }, spec) => {
  const profileOf = (from: { appArmorProfile?: { readonly type?: string } } | undefined) => {
    const type = from?.appArmorProfile?.type;
    return type === 'RuntimeDefault' || type === 'Localhost' ? undefined : type;
  };
  const ofPod = profileOf(spec.securityContext);
  const bad = containersOf(spec).filter((each) => profileOf(each.securityContext) !== undefined);
  const forbidden = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !allowedProfile(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const profiles = [ofPod, ...bad.map((each) => profileOf(each.securityContext))];
  const values = [
    ...sorted(profiles.filter((profile) => profile !== undefined)),
    ...sorted(forbidden),
  ];
  if (values.length === 0) return undefined;
  const setters = settersText(ofPod !== undefined, bad);
  const annotation =
    forbidden.length === 0 ? [] : [plural(forbidden.length, 'annotation', 'annotations')];
  return {
    reason: plural(values.length, 'forbidden AppArmor profile'),
    detail:
      [...(setters === '' ? [] : [setters]), ...annotation].join(' and ') +
      ` must not set AppArmor profile type to ${quoted(values)}`,
  };
});

function allowedProfile(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

const defaultCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

export const capabilitiesBaseline = always((_metadata, spec) => {
  const foreign = (container: AnyContainer): string[] =>
    (container.securityContext?.capabilities?.add ?? []).filter(
      (name) => !defaultCapabilities.has(name),
    );
  const bad = containersOf(spec).filter((container) => foreign(container).length > 0);
  if (bad.length === 0) return undefined;
  return {
    reason: 'non-default capabilities',
    detail:
      `${containersText(bad)} must not include ${quoted(sorted(bad.flatMap(foreign)))} ` +
      'in securityContext.capabilities.add',
  };
});

const hostNamespaces = always((_metadata, spec) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field]);
  if (shared.length === 0) return undefined;
  return {
    reason: 'host namespaces',
    detail: shared.map((field) => `${field}=true`).join(', '),
  };
});

export const hostPathVolumes = always((_metadata, spec) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return {
    reason: 'hostPath volumes',
    detail: `${plural(names.length, 'volume')} ${quoted(names)}`,
  };
});

const hostPorts = always((_metadata, spec) => {
  const portsOf = (container: AnyContainer): string[] =>
    (container.ports ?? []).filter(({ hostPort }) => hostPort).map((port) => `${port.hostPort}`);
  const bad = containersOf(spec).filter((container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sorted(bad.flatMap(portsOf));
  return {
    reason: 'hostPort',
    detail:
      `${containersText(bad)} ${plural(bad.length, 'uses', 'use')} ` +
      `${plural(ports.length, 'hostPort')} ${ports.join(', ')}`,
  };
});

/** A probe of another host makes the kubelet send requests on the pod's behalf. */
const hostProbesAndHostLifecycle: Check = {
  level: 'baseline',
  versions: [
    {
      minor: 34,
      check: (_metadata, spec) => {
        const bad = containersOf(spec).filter((container) => foreignHosts(container).length > 0);
        if (bad.length === 0) return undefined;
        const hosts = sorted(bad.flatMap(foreignHosts));
        const names = sorted(bad.map(({ name }) => name));
        return {
          reason: 'probe or lifecycle host',
          detail:
            `${plural(names.length, 'container')} ${quoted(names)} ` +
            `${plural(names.length, 'uses', 'use')} ` +
            `${plural(hosts.length, 'probe or lifecycle host')} ${quoted(hosts)}`,
        };
      },
    },
  ],
};

function foreignHosts(container: AnyContainer): string[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  const handlers: (Probe | LifecycleHandler | undefined)[] = [
    livenessProbe,
    readinessProbe,
    startupProbe,
    lifecycle?.postStart,
    lifecycle?.preStop,
  ];
  return handlers
    .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
    .filter((host): host is string => Boolean(host));
}

const privileged = always((_metadata, spec) => {
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.privileged);
  if (bad.length === 0) return undefined;
  return {
    reason: 'privileged',
    detail: `${containersText(bad)} must not set securityContext.privileged=true`,
  };
});

const procMount = always((_metadata, spec) => {
  const typeOf = (container: AnyContainer): string =>
    container.securityContext?.procMount ?? 'Default';
  const bad = containersOf(spec).filter((container) => typeOf(container) !== 'Default');
  if (bad.length === 0) return undefined;
  return {
    reason: 'procMount',
    detail:
      `${containersText(bad)} must not set securityContext.procMount to ` +
      quoted(sorted(bad.map(typeOf))),
  };
});

function seLinuxOptionsAmong(allowed: ReadonlySet<string>): CheckPod {
  const isBad = (options: SELinuxOptions | undefined): options is SELinuxOptions =>
    options !== undefined &&
    (!allowed.has(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
  return (_metadata, spec) => {
    const ofPod = spec.securityContext?.seLinuxOptions;
    const bad = containersOf(spec).filter((each) => isBad(each.securityContext?.seLinuxOptions));
    const options = [ofPod, ...bad.map((each) => each.securityContext?.seLinuxOptions)].filter(
      isBad,
    );
    if (options.length === 0) return undefined;
    const types = sorted(options.map(({ type = '' }) => type).filter((type) => !allowed.has(type)));
    const faults = types.length === 0 ? [] : [`${plural(types.length, 'type')} ${quoted(types)}`];
    if (options.some(({ user }) => user)) faults.push('user may not be set');
    if (options.some(({ role }) => role)) faults.push('role may not be set');
    return {
      reason: 'seLinuxOptions',
      detail:
        `${settersText(isBad(ofPod), bad)} set forbidden securityContext.seLinuxOptions: ` +
        faults.join('; '),
    };
  };
}

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const seLinuxOptions: Check = {
  level: 'baseline',
  versions: [
    { minor: 0, check: seLinuxOptionsAmong(new Set(seLinuxTypes)) },
    { minor: 31, check: seLinuxOptionsAmong(new Set([...seLinuxTypes, 'container_engine_t'])) },
  ],
};

/** Sysctls that are namespaced and do no harm to others, with the version that allowed them. */
const safeSysctls: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
};

function sysctlsSafeIn(minor: number): CheckPod {
  return (_metadata, { securityContext }) => {
    const names = (securityContext?.sysctls ?? [])
      .map(({ name }) => name)
      .filter((name) => !(Object.hasOwn(safeSysctls, name) && safeSysctls[name]! <= minor));
    if (names.length === 0) return undefined;
    return { reason: 'forbidden sysctls', detail: names.join(', ') };
  };
}

const sysctls: Check = {
  level: 'baseline',
  versions: [0, 27, 29, 32].map((minor) => ({ minor, check: sysctlsSafeIn(minor) })),
};

const windowsHostProcess = always((_metadata, spec) => {
  const isHost = (from: { windowsOptions?: { readonly hostProcess?: boolean } } | undefined) =>
    from?.windowsOptions?.hostProcess === true;
  const bad = containersOf(spec).filter(({ securityContext }) => isHost(securityContext));
  const setters = settersText(isHost(spec.securityContext), bad);
  if (setters === '') return undefined;
  return {
    reason: 'hostProcess',
    detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true`,
  };
});

/** In the order of their names, in which violations are listed. */
export const baselineChecks: readonly Check[] = [
  appArmorProfile,
  capabilitiesBaseline,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbesAndHostLifecycle,
  privileged,
  procMount,
  seLinuxOptions,
  seccompBaseline,
  sysctls,
  windowsHostProcess,
];
