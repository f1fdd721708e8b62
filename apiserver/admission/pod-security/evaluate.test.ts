import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../api/types/core-v1.ts';
import type { ObjectMeta } from '../../../api/types/meta-v1.ts';
import { detailsText, reasonsText, violations } from './evaluate.ts';
import { compareLevels, LATEST, levelVersionText, policyOf } from './policy.ts';

const hardened = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

const a = { name: 'a', image: 'a' };

interface Case {
  readonly name: string;
  readonly level: 'baseline' | 'restricted';
  readonly minor?: number;
  readonly metadata?: ObjectMeta;
  readonly spec: Partial<PodSpec>;
  readonly found: string;
}

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/, row by row. */
const cases: readonly Case[] = [
  { name: 'a plain pod', level: 'baseline', spec: {}, found: '' },
  {
    name: 'a plain pod',
    level: 'restricted',
    spec: {},
    found:
      'allowPrivilegeEscalation != false (container "a" must set ' +
      'securityContext.allowPrivilegeEscalation=false), ' +
      'unrestricted capabilities (container "a" must set ' +
      'securityContext.capabilities.drop=["ALL"]), ' +
      'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), ' +
      'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to ' +
      '"RuntimeDefault" or "Localhost")',
  },
  {
    name: 'a hardened pod',
    level: 'restricted',
    spec: { containers: [{ ...a, securityContext: hardened }] },
    found: '',
  },
  {
    name: 'what the pod sets for its containers',
    level: 'restricted',
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost' } },
      containers: [
        {
          ...a,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
    found: '',
  },
  {
    name: 'a pod for Windows',
    level: 'restricted',
    spec: { os: { name: 'windows' }, securityContext: { runAsNonRoot: true } },
    found: '',
  },
  {
    name: 'a pod for Windows, before it could say so',
    level: 'restricted',
    minor: 24,
    spec: {
      os: { name: 'windows' },
      containers: [{ ...a, securityContext: { ...hardened, allowPrivilegeEscalation: true } }],
    },
    found:
      'allowPrivilegeEscalation != false (container "a" must set ' +
      'securityContext.allowPrivilegeEscalation=false)',
  },
  {
    name: 'AppArmor',
    level: 'baseline',
    metadata: {
      annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' },
    },
    spec: { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
    found:
      'forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to ' +
      '"Unconfined", ' +
      '"container.apparmor.security.beta.kubernetes.io/a=\\"unconfined\\"")',
  },
  {
    name: 'capabilities',
    level: 'baseline',
    spec: {
      containers: [
        { ...a, securityContext: { capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'BPF'] } } },
      ],
    },
    found:
      'non-default capabilities (container "a" must not include "BPF", "SYS_ADMIN" in ' +
      'securityContext.capabilities.add)',
  },
  {
    name: 'capabilities: the stricter control stands for the laxer one',
    level: 'restricted',
    spec: {
      containers: [
        {
          ...a,
          securityContext: {
            ...hardened,
            capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'SYS_ADMIN'] },
          },
        },
      ],
    },
    found:
      'unrestricted capabilities (container "a" must not include "SYS_ADMIN" in ' +
      'securityContext.capabilities.add)',
  },
  {
    name: 'capabilities before 1.22: the laxer control',
    level: 'restricted',
    minor: 21,
    spec: {
      containers: [
        { ...a, securityContext: { ...hardened, capabilities: { add: ['SYS_ADMIN'] } } },
      ],
    },
    found:
      'non-default capabilities (container "a" must not include "SYS_ADMIN" in ' +
      'securityContext.capabilities.add)',
  },
  {
    name: 'host namespaces',
    level: 'baseline',
    spec: { hostNetwork: true, hostPID: true, hostIPC: true },
    found: 'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
  },
  {
    name: 'host paths',
    level: 'baseline',
    spec: {
      volumes: [
        { name: 'v', hostPath: { path: '/' } },
        { name: 'w', hostPath: { path: '/etc' } },
        { name: 'x', emptyDir: {} },
      ],
    },
    found: 'hostPath volumes (volumes "v", "w")',
  },
  {
    name: 'volumes',
    level: 'restricted',
    spec: {
      containers: [{ ...a, securityContext: hardened }],
      volumes: [
        { name: 'v', hostPath: { path: '/' } },
        { name: 'n', nfs: { path: '/', server: 's' } },
        { name: 'i', image: { reference: 'r' } },
      ],
    },
    found:
      'restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")',
  },
  {
    name: 'host ports',
    level: 'baseline',
    spec: {
      initContainers: [{ name: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }],
      containers: [{ ...a, ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 1 }] }],
    },
    found: 'hostPort (containers "i", "a" use hostPorts 80, 8080)',
  },
  {
    name: 'probes of other hosts',
    level: 'baseline',
    spec: {
      containers: [
        {
          ...a,
          livenessProbe: { httpGet: { port: 80, host: '10.0.0.1' } },
          lifecycle: { preStop: { tcpSocket: { port: 80, host: '127.0.0.1' } } },
        },
      ],
    },
    found:
      'probe or lifecycle host (container "a" uses probe or lifecycle hosts ' +
      '"10.0.0.1", "127.0.0.1")',
  },
  {
    name: 'probes of other hosts, before 1.34',
    level: 'baseline',
    minor: 33,
    spec: { containers: [{ ...a, livenessProbe: { httpGet: { port: 80, host: '10.0.0.1' } } }] },
    found: '',
  },
  {
    name: 'privileged containers',
    level: 'baseline',
    spec: {
      containers: [{ ...a, securityContext: { privileged: true } }],
      ephemeralContainers: [{ name: 'e', securityContext: { privileged: true } }],
    },
    found: 'privileged (containers "a", "e" must not set securityContext.privileged=true)',
  },
  {
    name: 'proc mounts',
    level: 'baseline',
    spec: { containers: [{ ...a, securityContext: { procMount: 'Unmasked' } }] },
    found: 'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
  },
  {
    name: 'SELinux',
    level: 'baseline',
    spec: {
      securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } },
      containers: [{ ...a, securityContext: { seLinuxOptions: { role: 'r' } } }],
    },
    found:
      'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: ' +
      'type "spc_t"; user may not be set; role may not be set)',
  },
  {
    name: 'SELinux: a type allowed since 1.31',
    level: 'baseline',
    minor: 30,
    spec: { securityContext: { seLinuxOptions: { type: 'container_engine_t' } } },
    found:
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
  },
  {
    name: 'seccomp switched off',
    level: 'baseline',
    spec: {
      securityContext: { seccompProfile: { type: 'Unconfined' } },
      containers: [{ ...a, securityContext: { seccompProfile: { type: 'Unconfined' } } }],
    },
    found:
      'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to ' +
      '"Unconfined")',
  },
  {
    name: 'seccomp annotations of old',
    level: 'baseline',
    minor: 18,
    metadata: { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' } },
    spec: {},
    found:
      'seccompProfile (forbidden annotation ' +
      'seccomp.security.alpha.kubernetes.io/pod="unconfined")',
  },
  {
    name: 'sysctls',
    level: 'baseline',
    spec: {
      securityContext: {
        sysctls: [
          { name: 'kernel.msgmax', value: '1' },
          { name: 'net.ipv4.tcp_rmem', value: '1' },
        ],
      },
    },
    found: 'forbidden sysctls (kernel.msgmax)',
  },
  {
    name: 'sysctls that were not safe yet',
    level: 'baseline',
    minor: 31,
    spec: { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '1' }] } },
    found: 'forbidden sysctls (net.ipv4.tcp_rmem)',
  },
  {
    name: 'host processes of Windows',
    level: 'baseline',
    spec: { securityContext: { windowsOptions: { hostProcess: true } } },
    found: 'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
  },
  {
    name: 'running as root',
    level: 'restricted',
    spec: {
      securityContext: { runAsUser: 0 },
      containers: [
        { ...a, securityContext: { ...hardened, runAsNonRoot: false } },
        { name: 'b', securityContext: { ...hardened, runAsUser: 0 } },
      ],
    },
    found:
      'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false), ' +
      'runAsUser=0 (pod and container "b" must not set runAsUser=0)',
  },
  {
    name: 'a version of the future is the newest one',
    level: 'baseline',
    minor: 99,
    spec: { hostPID: true },
    found: 'host namespaces (hostPID=true)',
  },
];

describe('the pod security standards', () => {
  it.each(cases)('$level, $minor: $name', ({ level, minor = LATEST, metadata = {}, ...each }) => {
    const spec = { containers: [a], ...each.spec };
    const found = violations({ level, minor }, { metadata, spec });
    expect(detailsText(found)).toBe(each.found);
  });

  it('lets everything pass as privileged', () => {
    const spec = { containers: [a], hostPID: true };
    expect(violations({ level: 'privileged', minor: LATEST }, { metadata: {}, spec })).toEqual([]);
  });

  it('names reasons only, for many pods at once', () => {
    const spec = { containers: [a], hostPID: true, hostNetwork: true };
    const found = violations({ level: 'baseline', minor: LATEST }, { metadata: {}, spec });
    expect(reasonsText(found)).toBe('host namespaces');
  });
});

describe('the labels of a namespace', () => {
  const label = (name: string) => `pod-security.kubernetes.io/${name}`;
  const textOf = (labels: Record<string, string>): string => {
    const { enforce, audit, warn } = policyOf(labels).policy;
    return [enforce, audit, warn].map(levelVersionText).join(' ');
  };

  it.each([
    [{}, 'privileged:latest privileged:latest privileged:latest'],
    [
      { [label('enforce')]: 'baseline', [label('enforce-version')]: 'v1.30' },
      // What is enforced is warned about too.
      'baseline:v1.30 privileged:latest baseline:v1.30',
    ],
    [
      { [label('enforce')]: 'restricted', [label('warn')]: 'baseline' },
      'restricted:latest privileged:latest baseline:latest',
    ],
    [
      { [label('enforce')]: 'restricted', [label('warn-version')]: 'v1.20' },
      'restricted:latest privileged:latest restricted:v1.20',
    ],
    [
      { [label('audit')]: 'restricted', [label('audit-version')]: 'latest' },
      'privileged:latest restricted:latest privileged:latest',
    ],
    // Enforcing fails closed, the others open.
    [
      { [label('enforce')]: 'x', [label('audit')]: 'x', [label('warn')]: 'x' },
      'restricted:latest privileged:latest privileged:latest',
    ],
  ])('%j', (labels: Record<string, string>, text) => {
    expect(textOf(labels)).toBe(text);
  });

  it('says what is wrong with them', () => {
    const { errors } = policyOf({ [label('enforce')]: 'x', [label('warn-version')]: '1.30' });
    expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "x": ' +
        'must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.30": ' +
        'must be "latest" or "v1.x"',
    ]);
  });

  it('compares levels', () => {
    expect(compareLevels('restricted', 'baseline')).toBeGreaterThan(0);
    expect(compareLevels('privileged', 'baseline')).toBeLessThan(0);
    expect(compareLevels('baseline', 'baseline')).toBe(0);
  });
});
