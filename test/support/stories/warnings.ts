/** What is taken all the same, and what its author is told. */
import { core, namespace, pod, TRY } from './admission.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const NAME = 'oddities';
const plain = { name: 'c', image: 'i' };
const labels = { app: 'a' };
const oldLabel = 'beta.kubernetes.io/arch';
const selector = { matchLabels: labels };

/** An object of the kind is created, but for being stored: only the name is of interest. */
const tried = (collection: string, body: Json): Step => ({
  ask: `POST ${collection}${TRY}`,
  body: { metadata: { name: 'x' }, ...body },
  shows: ['metadata.name'],
});

const inGroup = (group: string, plural: string): string =>
  `/apis/${group}/namespaces/${NAME}/${plural}`;
const podOf = (
  spec: Json,
  annotations: Json = {},
  containers: readonly Json[] = [plain],
): Json => ({
  metadata: { name: 'x', annotations },
  spec: { ...(pod(containers)['spec'] as Json), ...spec },
});

const term = { key: oldLabel, operator: 'In', values: ['amd64'] };
const noSelector = { topologyKey: 'kubernetes.io/hostname' };
const placed = podOf({
  nodeSelector: { 'node-role.kubernetes.io/master': '' },
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [term] }],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ ...term, values: ['a b'] }] } },
      ],
    },
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [noSelector] },
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: noSelector }],
    },
  },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'failure-domain.beta.kubernetes.io/zone',
      whenUnsatisfiable: 'DoNotSchedule',
    },
  ],
});

const ports = [
  { containerPort: 80, name: 'web' },
  { containerPort: 80, hostPort: 8080 },
  { containerPort: 81, hostIP: '10.0.0.1' },
];
const again = [
  { containerPort: 80, name: 'web' },
  { containerPort: 80, hostPort: 8080, hostIP: '10.0.0.2' },
];
const env = [
  { name: 'A', value: 'a' },
  { name: 'A', value: 'b' },
  { name: 'A', value: '$(A)' },
  { name: 'A', value: 'more $(A)' },
];
const fractions = { memory: '1m', 'ephemeral-storage': '1.0005' };
const contained = podOf(
  {
    hostAliases: [
      { ip: '10.0.0.1', hostnames: ['a'] },
      { ip: '10.0.0.1', hostnames: ['b'] },
      { ip: '2001:DB8::1', hostnames: ['c'] },
    ],
    imagePullSecrets: [{ name: 'a' }, { name: 'a' }, { name: '' }],
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['::ffff:10.0.0.1'] },
    terminationGracePeriodSeconds: -1,
  },
  {
    'scheduler.alpha.kubernetes.io/critical-pod': '',
    'security.alpha.kubernetes.io/sysctls': 'a=b',
    'seccomp.security.alpha.kubernetes.io/pod': 'unconfined',
    'container.seccomp.security.alpha.kubernetes.io/c': 'unconfined',
  },
  [
    { ...plain, ports, env, resources: { limits: fractions, requests: { memory: '1m' } } },
    { ...plain, name: 'd', ports: again },
  ],
);

const items = (...paths: readonly string[]): Json[] => paths.map((path) => ({ key: 'k', path }));
const volumes = podOf({
  serviceAccountName: 'default',
  volumes: [
    { name: 'a', configMap: { name: 'm', items: items('p', 'p/q', 'p/') } },
    { name: 'b', secret: { secretName: 's', items: items('a/b', 'a') } },
    {
      name: 'c',
      downwardAPI: {
        items: items('a', 'a').map(({ path }) => ({
          path,
          fieldRef: { fieldPath: 'metadata.name' },
        })),
      },
    },
    {
      name: 'd',
      projected: {
        sources: [
          {},
          { configMap: { name: 'm', items: items('token') } },
          { serviceAccountToken: { path: 'token' } },
          { secret: { name: 's', items: items('token/a') } },
        ],
      },
    },
    { name: 'e', gitRepo: { repository: 'r' } },
    { name: 'f', flocker: { datasetName: 'd' } },
    {
      name: 'g',
      ephemeral: {
        volumeClaimTemplate: {
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1m' } } },
        },
      },
    },
  ],
});

const appArmor = 'container.apparmor.security.beta.kubernetes.io/c';
const oddTemplate = {
  metadata: { labels, annotations: { [appArmor]: 'runtime/default' } },
  spec: { nodeSelector: { [oldLabel]: 'amd64' }, containers: [plain] },
};
const ofTemplate = { selector, template: oddTemplate };
const toEnd = {
  ...oddTemplate,
  spec: { ...oddTemplate.spec, restartPolicy: 'Never' },
};
const fraction = { requests: { storage: '1m' }, limits: { storage: '2m' } };
const claim = { accessModes: ['ReadWriteOnce'], resources: fraction };

const dotted = { metadata: { name: 'x.y' } };
const workloads: readonly Step[] = [
  tried(inGroup('apps/v1', 'deployments'), { ...dotted, spec: ofTemplate }),
  tried(inGroup('apps/v1', 'replicasets'), { ...dotted, spec: ofTemplate }),
  tried(inGroup('apps/v1', 'daemonsets'), { spec: ofTemplate }),
  tried(inGroup('apps/v1', 'statefulsets'), {
    spec: {
      ...ofTemplate,
      serviceName: 's',
      revisionHistoryLimit: -1,
      volumeClaimTemplates: [{ metadata: { name: 'v' }, spec: claim }],
    },
  }),
  tried(core(NAME, 'replicationcontrollers'), { ...dotted, spec: { template: oddTemplate } }),
  tried(core(NAME, 'podtemplates'), { template: oddTemplate }),
  tried(inGroup('batch/v1', 'jobs'), { ...dotted, spec: { template: toEnd } }),
  tried(inGroup('batch/v1', 'jobs'), {
    spec: {
      completionMode: 'Indexed',
      completions: 100_001,
      parallelism: 10_001,
      template: { spec: { restartPolicy: 'Never', containers: [plain] } },
    },
  }),
  tried(inGroup('batch/v1', 'cronjobs'), {
    ...dotted,
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template: toEnd } } },
  }),
];

const balancers = { loadBalancer: { ingress: [{ ip: '2001:DB8::1' }] } };
const range = ['10.0.0.1/8', '::ffff:10.0.0.0/104', '2001:DB8::/32'];
const network: readonly Step[] = [
  tried(core(NAME, 'services'), {
    spec: {
      type: 'LoadBalancer',
      ports: [{ port: 1 }],
      externalIPs: ['::ffff:10.0.0.1', '2001:DB8::1'],
      loadBalancerIP: '::ffff:10.0.0.1',
      loadBalancerSourceRanges: range,
    },
  }),
  tried(core(NAME, 'endpoints'), {
    subsets: [
      { addresses: [{ ip: '2001:DB8::1' }], notReadyAddresses: [{ ip: '::FFFF:1.2.3.4' }] },
    ],
  }),
  { ask: `GET ${core(NAME, 'endpoints')}` },
  { ask: `DELETE ${core(NAME, 'endpoints')}/none` },
  tried(inGroup('discovery.k8s.io/v1', 'endpointslices'), {
    addressType: 'FQDN',
    endpoints: [{ addresses: ['a.example'] }],
  }),
  tried(inGroup('networking.k8s.io/v1', 'networkpolicies'), {
    spec: {
      podSelector: {},
      ingress: [{ from: [{ ipBlock: { cidr: range[0] } }] }],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.1/16'] } }] }],
    },
  }),
  tried(inGroup('networking.k8s.io/v1', 'ingresses'), {
    metadata: { name: 'x', annotations: { 'kubernetes.io/ingress.class': 'nginx' } },
    spec: { defaultBackend: { service: { name: 's', port: { number: 1 } } } },
  }),
  given(`POST ${core(NAME, 'services')}`, {
    metadata: { name: 'kept' },
    spec: { type: 'LoadBalancer', ports: [{ port: 1 }] },
  }),
  {
    ask: `PATCH ${core(NAME, 'services')}/kept/status${TRY}`,
    body: { status: balancers },
    shows: ['status'],
  },
];

const ofCluster = (collection: string, body: Json): Step => tried(`/${collection}`, body);
const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
const cluster: readonly Step[] = [
  ofCluster('api/v1/nodes', { spec: { externalID: 'e', podCIDR: range[0], podCIDRs: [range[0]] } }),
  ofCluster('api/v1/persistentvolumes', {
    metadata: { name: 'x', annotations: { 'volume.beta.kubernetes.io/mount-options': 'ro' } },
    spec: {
      ...volume,
      persistentVolumeReclaimPolicy: 'Recycle',
      nfs: { server: 's', path: '/x' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [term] }] } },
    },
  }),
  ofCluster('api/v1/persistentvolumes', {
    spec: { ...volume, glusterfs: { endpoints: 'e', path: 'p' } },
  }),
  tried(core(NAME, 'persistentvolumeclaims'), {
    metadata: { name: 'x', annotations: { 'volume.beta.kubernetes.io/storage-class': 'a' } },
    spec: claim,
  }),
  ofCluster('apis/storage.k8s.io/v1/storageclasses', {
    provisioner: 'p',
    allowedTopologies: [{ matchLabelExpressions: [{ key: oldLabel, values: ['a'] }] }],
  }),
  tried(inGroup('storage.k8s.io/v1', 'csistoragecapacities'), {
    storageClassName: 'c',
    nodeTopology: { matchExpressions: [term], matchLabels: { [oldLabel]: 'a' } },
  }),
  ofCluster('apis/node.k8s.io/v1/runtimeclasses', {
    handler: 'h',
    scheduling: { nodeSelector: { [oldLabel]: 'a' } },
  }),
  tried(core(NAME, 'serviceaccounts'), {
    metadata: { name: 'x', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } },
  }),
];

const DEPLOYMENT = `${inGroup('apps/v1', 'deployments')}/kept`;
const CRON = `${inGroup('batch/v1', 'cronjobs')}/kept`;
const POD = `${core(NAME, 'pods')}/kept`;
const changed = (ask: string, body: Json): Step => ({
  ask: `PATCH ${ask}${TRY}`,
  body,
  shows: ['metadata.name'],
});

/** A change is told of what it changes, and only if the object counts it. */
const changes: readonly Step[] = [
  given(`POST ${inGroup('apps/v1', 'deployments')}`, {
    metadata: { name: 'kept' },
    spec: ofTemplate,
  }),
  changed(DEPLOYMENT, { metadata: { labels: { more: 'yes' } } }),
  changed(DEPLOYMENT, { spec: { replicas: 3 } }),
  given(`POST ${inGroup('batch/v1', 'cronjobs')}`, {
    metadata: { name: 'kept' },
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template: toEnd } } },
  }),
  changed(CRON, { metadata: { labels: { more: 'yes' } } }),
  changed(CRON, { spec: { suspend: true } }),
  given(`POST ${core(NAME, 'pods')}`, { ...placed, metadata: { name: 'kept' } }),
  changed(POD, { metadata: { labels: { more: 'yes' } } }),
  changed(`${POD}/status`, {
    status: { podIP: '2001:DB8::1', podIPs: [{ ip: '2001:DB8::1' }], hostIP: '10.0.0.1' },
  }),
  given(`POST ${inGroup('batch/v1', 'jobs')}`, {
    metadata: { name: 'kept' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [plain] } } },
  }),
  { ask: `DELETE ${inGroup('batch/v1', 'jobs')}/kept${TRY}`, shows: ['kind'] },
  { ask: `DELETE ${inGroup('batch/v1', 'jobs')}${TRY}`, shows: ['kind'] },
  {
    ask: `DELETE ${inGroup('batch/v1', 'jobs')}/kept${TRY}`,
    body: { propagationPolicy: 'Background', dryRun: ['All'] },
    shows: ['kind'],
  },
];

const pods = (title: string, ...bodies: readonly Json[]): Story => ({
  title: `warnings: ${title}`,
  steps: [namespace(NAME), ...bodies.map((body) => tried(core(NAME, 'pods'), body))],
});

export const warningStories: readonly Story[] = [
  pods('where pods are placed', placed, { ...placed, metadata: { name: 'x.y' } }),
  pods('what pods contain', contained),
  pods('what pods mount', volumes),
  { title: 'warnings: kinds with templates of pods', steps: workloads },
  { title: 'warnings: addresses', steps: network },
  { title: 'warnings: nodes, volumes and accounts', steps: cluster },
  { title: 'warnings: changes', steps: changes },
];
