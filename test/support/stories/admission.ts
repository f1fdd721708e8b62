/** What admission makes of objects, and says of those it refuses: limits, quotas, priorities. */
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

export const TRY = '?dryRun=All';
export const core = (namespace: string, plural: string): string =>
  `/api/v1/namespaces/${namespace}/${plural}`;

export const namespace = (name: string, labels: Json = {}): Step =>
  given('POST /api/v1/namespaces', { metadata: { name, labels } });

const amounts = (limits?: Json, requests?: Json): Json => ({
  ...(limits && { limits }),
  ...(requests && { requests }),
});

/** A container of those resources. */
const container = (resources: Json = {}, more: Json = {}): Json => ({
  name: 'c',
  image: 'i',
  resources,
  ...more,
});

export const pod = (containers: readonly Json[], more: Json = {}): Json => ({
  metadata: { name: 'p' },
  spec: { containers, ...more },
});

const claim = (storage?: string): Json => ({
  metadata: { name: 'c' },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: amounts(undefined, storage ? { storage } : {}),
  },
});

const LIMITED = 'limited';
const limitRange = {
  metadata: { name: 'limits' },
  spec: {
    limits: [
      {
        type: 'Container',
        default: { cpu: '200m', memory: '64Mi' },
        defaultRequest: { cpu: '100m' },
        max: { cpu: '1', memory: '1Gi' },
        min: { cpu: '50m', memory: '16Mi' },
        maxLimitRequestRatio: { cpu: '4' },
      },
      {
        type: 'Pod',
        max: { cpu: '2', memory: '2Gi' },
        min: { cpu: '60m' },
        maxLimitRequestRatio: { memory: '2' },
      },
      { type: 'PersistentVolumeClaim', max: { storage: '10Gi' }, min: { storage: '1Gi' } },
    ],
  },
};

const limited: readonly Json[] = [
  pod([container()]),
  pod([container(amounts({ cpu: '2' }))]),
  pod([container(amounts({ cpu: '1' }, { cpu: '10m' }))]),
  pod([container(amounts({ cpu: '1' }, { cpu: '100m' }))]),
  pod([container(amounts({ memory: '8Mi' }))]),
  pod([container(amounts({ memory: '2Gi' }))]),
  pod([container(amounts({ memory: '1Gi' }, { memory: '100Mi' }))]),
  pod([container(amounts(undefined, { cpu: '300m' }))]),
  pod([
    container(amounts({ cpu: '1' }, { cpu: '1' })),
    container(amounts({ cpu: '1' }, { cpu: '1' }), { name: 'd' }),
    container({}, { name: 'e' }),
  ]),
  pod([container(amounts({ cpu: '1' }, { cpu: '1' }))], {
    initContainers: [container(amounts({ cpu: '3' }, { cpu: '3' }), { name: 'init' })],
  }),
  pod([container()], { ephemeralContainers: [] }),
  pod([container()], { resources: amounts({ cpu: '4' }) }),
];

const limits: readonly Story[] = [
  {
    title: 'limits: pods and claims',
    steps: [
      namespace(LIMITED),
      given(`POST ${core(LIMITED, 'limitranges')}`, limitRange),
      { ...given(`POST ${core(LIMITED, 'pods')}${TRY}`, limited[1]), until: 403 },
      ...limited.map((body) => ({
        ask: `POST ${core(LIMITED, 'pods')}${TRY}`,
        body,
        shows: ['spec.containers', 'spec.initContainers', 'metadata.annotations'],
      })),
      ...['11Gi', '1Mi', '5Gi', undefined].map((storage) => ({
        ask: `POST ${core(LIMITED, 'persistentvolumeclaims')}${TRY}`,
        body: claim(storage),
        shows: ['spec.resources'],
      })),
      given(`POST ${core(LIMITED, 'pods')}`, pod([container()])),
      {
        ask: `PATCH ${core(LIMITED, 'pods')}/p`,
        body: { metadata: { labels: { a: 'b' } } },
        shows: ['metadata.labels'],
      },
      {
        ask: `PATCH ${core(LIMITED, 'pods')}/p/resize`,
        type: 'application/strategic-merge-patch+json',
        body: { spec: { containers: [{ name: 'c', resources: amounts({ cpu: '3' }) }] } },
        shows: ['spec.containers'],
      },
    ],
  },
  {
    title: 'limits: wrong ones',
    steps: [
      { limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }] },
      { limits: [{ type: 'Container', default: { cpu: '3' }, max: { cpu: '1' } }] },
      { limits: [{ type: 'Container', defaultRequest: { cpu: '3' }, default: { cpu: '1' } }] },
      { limits: [{ type: 'Pod', default: { cpu: '3' } }] },
      { limits: [{ type: 'PersistentVolumeClaim', default: { storage: '1Gi' } }] },
      { limits: [{ type: 'PersistentVolumeClaim' }] },
      { limits: [{ type: 'Other', max: { cpu: '1' } }, { type: 'Pod' }, { type: 'Pod' }] },
      { limits: [{ type: 'Container', maxLimitRequestRatio: { cpu: '500m' } }] },
      {
        limits: [
          {
            type: 'Container',
            maxLimitRequestRatio: { cpu: '5' },
            max: { cpu: '4' },
            min: { cpu: '2' },
          },
        ],
      },
      { limits: [{ type: 'Container', max: { 'x.com/y': '1.5', unheard: '1' } }] },
    ].map((spec) => ({
      ask: `POST ${core('default', 'limitranges')}${TRY}`,
      body: { metadata: { name: 'x' }, spec },
      shows: ['spec'],
    })),
  },
];

/** A quota whose controller has looked at it. */
function quota(name: string, hard: Json, more: { used?: Json; spec?: Json } = {}): Step[] {
  const used = more.used ?? Object.fromEntries(Object.keys(hard).map((each) => [each, '0']));
  const at = core('counted', 'resourcequotas');
  return [
    given(`POST ${at}`, { metadata: { name }, spec: { hard, ...more.spec } }),
    given(`PATCH ${at}/${name}/status`, { status: { hard, used } }),
  ];
}

const fine = container(amounts({ cpu: '100m', memory: '10Mi' }, { cpu: '100m', memory: '10Mi' }));
const big = container(amounts({ cpu: '9' }, { cpu: '9' }));
const service = (type: string, ports = 1): Json => ({
  metadata: { name: 's' },
  spec: { type, ports: Array.from({ length: ports }, (_, i) => ({ name: `p${i}`, port: 80 + i })) },
});

const counted = (plural: string, body: Json): Step => ({
  ask: `POST ${core('counted', plural)}${TRY}`,
  body,
  shows: ['metadata.name'],
});

const quotas: readonly Story[] = [
  {
    title: 'quotas: what exceeds them',
    steps: [
      namespace('counted'),
      ...quota(
        'amounts',
        { 'requests.cpu': '1', 'limits.memory': '1Gi', pods: '2' },
        { used: { 'requests.cpu': '900m', 'limits.memory': '0', pods: '1' } },
      ),
      ...quota('objects', {
        configmaps: '0',
        secrets: '1',
        services: '1',
        'services.nodeports': '1',
        'services.loadbalancers': '0',
      }),
      ...quota('counts', { 'count/deployments.apps': '0' }),
      ...quota('storage', {
        'requests.storage': '5Gi',
        persistentvolumeclaims: '1',
        'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
      }),
      ...quota('ephemeral', { 'requests.ephemeral-storage': '1Gi' }),
      {
        ...given(`POST ${core('counted', 'configmaps')}${TRY}`, { metadata: { name: 'c' } }),
        until: 403,
      },
      { ...given(`POST ${core('counted', 'pods')}${TRY}`, pod([big])), until: 403 },
      counted('configmaps', { metadata: { name: 'c' } }),
      counted('secrets', { metadata: { name: 'c' } }),
      counted('pods', pod([container()])),
      counted('pods', pod([container(amounts({ cpu: '1' }))])),
      counted('pods', pod([fine])),
      counted('pods', pod([big])),
      counted(
        'pods',
        pod([
          container({
            ...(fine['resources'] as Json),
            requests: { cpu: '200m', memory: '1Mi', 'ephemeral-storage': '1Mi' },
          }),
        ]),
      ),
      counted('services', service('ClusterIP')),
      counted('services', service('NodePort', 2)),
      counted('services', service('LoadBalancer')),
      counted('persistentvolumeclaims', claim('6Gi')),
      counted('persistentvolumeclaims', {
        ...claim('2Gi'),
        spec: { ...(claim('2Gi')['spec'] as Json), storageClassName: 'fast' },
      }),
    ],
  },
  {
    title: 'quotas: of a scope',
    steps: [
      namespace('scoped'),
      given(`POST ${core('scoped', 'resourcequotas')}`, {
        metadata: { name: 'best' },
        spec: { hard: { pods: '0' }, scopes: ['BestEffort'] },
      }),
      given(`PATCH ${core('scoped', 'resourcequotas')}/best/status`, {
        status: { hard: { pods: '0' }, used: { pods: '0' } },
      }),
      { ...given(`POST ${core('scoped', 'pods')}${TRY}`, pod([container()])), until: 403 },
      ...[pod([container()]), pod([fine]), pod([container()], { activeDeadlineSeconds: 5 })].map(
        (body) => ({
          ask: `POST ${core('scoped', 'pods')}${TRY}`,
          body,
          shows: ['metadata.name'],
        }),
      ),
    ],
  },
  {
    title: 'quotas: wrong ones',
    steps: [
      { hard: { pods: '-1' } },
      { hard: { unheard: '1' } },
      { hard: { 'a/b/c': '1' } },
      { hard: { pods: '1.5' } },
      { hard: { 'requests.cpu': '1' }, scopes: ['BestEffort'] },
      { hard: { services: '1' }, scopes: ['Terminating'] },
      { hard: { pods: '1' }, scopes: ['Terminating', 'NotTerminating'] },
      { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort', 'Other'] },
      {
        hard: { pods: '1' },
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] },
      },
      {
        hard: { pods: '1' },
        scopeSelector: {
          matchExpressions: [{ scopeName: 'BestEffort', operator: 'In', values: ['a'] }],
        },
      },
      {
        hard: { pods: '1' },
        scopeSelector: {
          matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Exists', values: ['a'] }],
        },
      },
      {
        hard: { pods: '1' },
        scopeSelector: { matchExpressions: [{ scopeName: 'Unheard', operator: 'Like' }] },
      },
    ].map((spec) => ({
      ask: `POST ${core('default', 'resourcequotas')}${TRY}`,
      body: { metadata: { name: 'x' }, spec },
      shows: ['spec'],
    })),
  },
];

const CLASSES = '/apis/scheduling.k8s.io/v1/priorityclasses';
const priority = (more: Json): Step => ({
  ask: `POST ${core('default', 'pods')}${TRY}`,
  body: pod([container()], more),
  shows: ['spec.priority', 'spec.priorityClassName', 'spec.preemptionPolicy'],
});
const priorityClass = (name: string, more: Json): Step => ({
  ask: `POST ${CLASSES}${TRY}`,
  body: { metadata: { name }, ...more },
  shows: ['value', 'globalDefault', 'preemptionPolicy'],
});

const priorities: readonly Story[] = [
  {
    title: 'priorities',
    steps: [
      given(`POST ${CLASSES}`, {
        metadata: { name: 'patient' },
        value: 100,
        preemptionPolicy: 'Never',
      }),
      { ...priority({ priorityClassName: 'patient' }), until: 201 },
      priority({}),
      priority({ priorityClassName: 'unheard' }),
      priority({ priorityClassName: 'patient', priority: 100 }),
      priority({ priorityClassName: 'patient', priority: 7 }),
      priority({ priorityClassName: 'patient', preemptionPolicy: 'PreemptLowerPriority' }),
      priority({ priority: 7 }),
      priority({ priority: 0 }),
      priority({ preemptionPolicy: 'Never' }),
      priority({ priorityClassName: 'system-node-critical' }),
      priority({ priorityClassName: 'system-cluster-critical' }),
      priorityClass('system-mine', { value: 5 }),
      priorityClass('system-node-critical', { value: 5 }),
      priorityClass('huge', { value: 1_000_000_001 }),
      priorityClass('wrong', { value: 1, preemptionPolicy: 'Sometimes' }),
      given(`POST ${CLASSES}`, { metadata: { name: 'usual' }, value: 7, globalDefault: true }),
      { ...priorityClass('second', { value: 8, globalDefault: true }), until: 403 },
      { ...priority({}), until: ({ spec }) => (spec as Json | undefined)?.['priority'] === 7 },
      { ask: `PATCH ${CLASSES}/patient`, body: { value: 101 }, shows: ['value'] },
      { ask: `PATCH ${CLASSES}/patient`, body: { preemptionPolicy: null }, shows: ['value'] },
      { ask: `PATCH ${CLASSES}/patient`, body: { globalDefault: true }, shows: ['value'] },
      { ask: `PATCH ${CLASSES}/usual`, body: { description: 'x' }, shows: ['description'] },
      given(`DELETE ${CLASSES}/usual`),
    ],
  },
];

export const admissionStories: readonly Story[] = [...limits, ...quotas, ...priorities];
