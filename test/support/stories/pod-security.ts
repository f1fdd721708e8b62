/** Pod security: what its levels say of pods, of what makes pods, and of namespaces. */
import { core, namespace, pod, TRY } from './admission.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const levels = (enforce: string, more: Json = {}): Json => ({
  'pod-security.kubernetes.io/enforce': enforce,
  ...more,
});

const secured = (securityContext: Json, more: Json = {}): Json => ({
  name: 'c',
  image: 'i',
  securityContext,
  ...more,
});
const good = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const plain = { name: 'c', image: 'i' };
const volume = (more: Json): Json => pod([plain], { volumes: [{ name: 'v', ...more }] });

const pods: readonly Json[] = [
  pod([plain]),
  pod([secured(good)]),
  pod([secured({ privileged: true })]),
  pod([secured({ ...good, privileged: true })]),
  pod([secured({ capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } })]),
  pod([secured({ ...good, capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] } })]),
  pod([secured({ ...good, capabilities: { add: ['CHOWN'], drop: ['KILL'] } })]),
  pod([secured({ procMount: 'Unmasked' })], { hostUsers: false }),
  pod([secured({ seccompProfile: { type: 'Unconfined' } })]),
  pod([secured({ appArmorProfile: { type: 'Unconfined' } })]),
  pod([secured({ seLinuxOptions: { type: 'other_t', user: 'u', role: 'r' } })]),
  pod([secured({ windowsOptions: { hostProcess: true } })], { hostNetwork: true }),
  pod([secured({ runAsUser: 0, runAsNonRoot: false })]),
  pod([secured(good), secured({}, { name: 'd' })]),
  pod([secured(good)], { initContainers: [secured({ privileged: true }, { name: 'init' })] }),
  pod([secured(good)], {
    securityContext: { runAsUser: 0, seccompProfile: { type: 'Unconfined' } },
  }),
  pod([plain], {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  }),
  pod([plain], { hostNetwork: true, hostPID: true, hostIPC: true }),
  pod([
    {
      ...plain,
      ports: [
        { containerPort: 80, hostPort: 80 },
        { containerPort: 81, hostPort: 81 },
      ],
    },
  ]),
  pod([plain], {
    securityContext: {
      sysctls: [
        { name: 'kernel.msgmax', value: '1' },
        { name: 'net.ipv4.tcp_syncookies', value: '1' },
      ],
    },
  }),
  pod([
    {
      ...plain,
      livenessProbe: { httpGet: { port: 80, host: '1.2.3.4' } },
      lifecycle: { preStop: { tcpSocket: { port: 1, host: 'h' } } },
    },
  ]),
  volume({ hostPath: { path: '/a' } }),
  volume({ nfs: { server: 's', path: '/a' } }),
  volume({ emptyDir: {} }),
  volume({
    ephemeral: {
      volumeClaimTemplate: {
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    },
  }),
];

const template = (spec: unknown): Json => ({ metadata: { labels: { a: 'b' } }, spec });
const spec = (one: Json): unknown => one['spec'];
const deployment = (one: Json): Json => ({
  metadata: { name: 'd' },
  spec: { selector: { matchLabels: { a: 'b' } }, template: template(spec(one)) },
});
const job = (one: Json): Json => ({
  metadata: { name: 'j' },
  spec: { template: { spec: { ...(spec(one) as Json), restartPolicy: 'Never' } } },
});

const created = (where: string, body: Json): Step => ({
  ask: `POST ${core(where, 'pods')}${TRY}`,
  body,
  shows: ['metadata.name'],
});

const workloads = (where: string, one: Json): Step[] => [
  {
    ...created(where, deployment(one)),
    ask: `POST /apis/apps/v1/namespaces/${where}/deployments${TRY}`,
  },
  { ...created(where, job(one)), ask: `POST /apis/batch/v1/namespaces/${where}/jobs${TRY}` },
];

const labelled = (name: string, labels: Json): Step => ({
  ask: `PATCH /api/v1/namespaces/${name}${TRY}`,
  body: { metadata: { labels } },
  shows: ['metadata.labels'],
});

export const podSecurityStories: readonly Story[] = [
  ...['baseline', 'restricted'].map((level) => ({
    title: `pod security: ${level}`,
    steps: [
      namespace(level, levels(level, { 'pod-security.kubernetes.io/warn': 'restricted' })),
      { ...given(`POST ${core(level, 'pods')}${TRY}`, pods[2]), until: 403 },
      ...pods.map((each) => created(level, each)),
      ...workloads(level, pods[0]!),
      ...workloads(level, pods[1]!),
      ...workloads(level, pods[17]!),
    ],
  })),
  {
    title: 'pod security: of a version',
    steps: [
      namespace(
        'versioned',
        levels('restricted', { 'pod-security.kubernetes.io/enforce-version': 'v1.22' }),
      ),
      { ...given(`POST ${core('versioned', 'pods')}${TRY}`, pods[2]), until: 403 },
      ...pods.map((each) => created('versioned', each)),
    ],
  },
  {
    title: 'pod security: namespaces',
    steps: [
      namespace('filled'),
      given(`POST ${core('filled', 'pods')}`, { ...pods[0], metadata: { name: 'a' } }),
      given(`POST ${core('filled', 'pods')}`, { ...pods[2], metadata: { name: 'b' } }),
      given(`POST ${core('filled', 'pods')}`, { ...pods[17], metadata: { name: 'c' } }),
      // Pods are listed from a cache.
      {
        ...given(`GET ${core('filled', 'pods')}?resourceVersion=0`),
        until: ({ items }) => (items as unknown[]).length === 3,
      },
      labelled('filled', levels('privileged')),
      labelled('filled', levels('baseline')),
      labelled('filled', levels('restricted')),
      labelled(
        'filled',
        levels('restricted', { 'pod-security.kubernetes.io/enforce-version': 'v1.20' }),
      ),
      labelled('filled', levels('strict')),
      labelled(
        'filled',
        levels('baseline', { 'pod-security.kubernetes.io/enforce-version': 'latest' }),
      ),
      labelled(
        'filled',
        levels('baseline', { 'pod-security.kubernetes.io/enforce-version': '1.20' }),
      ),
      labelled('filled', { 'pod-security.kubernetes.io/warn': 'Baseline' }),
      labelled('filled', { 'pod-security.kubernetes.io/audit-version': 'v2' }),
      labelled('filled', { 'pod-security.kubernetes.io/other': 'x' }),
      {
        ask: `POST /api/v1/namespaces${TRY}`,
        body: { metadata: { name: 'new', labels: levels('strict') } },
        shows: ['metadata.labels'],
      },
    ],
  },
];
