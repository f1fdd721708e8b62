/** What is written beside objects: status, bindings, evictions, status, scale. */
import { core, namespace, pod } from './admission.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const plain = { name: 'c', image: 'i' };
const PODS = core('parts', 'pods');
export const named = (name: string, more: Json = {}, metadata: Json = {}): Json => ({
  ...pod([plain], more),
  metadata: { name, ...metadata },
});
const STRATEGIC = 'application/strategic-merge-patch+json';

const target = (name: string, more: Json = {}): Json => ({ kind: 'Node', name, ...more });
const bound = (name: string, body: Json): Step => ({
  ask: `POST ${PODS}/${name}/binding`,
  body: { metadata: { name }, ...body },
});

const bindings: Story = {
  title: 'subresources: bindings',
  steps: [
    namespace('parts'),
    given(`POST ${PODS}`, named('loose')),
    given(`POST ${PODS}`, named('gated', { schedulingGates: [{ name: 'g' }] })),
    given(`POST ${PODS}`, named('other')),
    bound('loose', { metadata: {}, target: target('n') }),
    bound('loose', { target: {} }),
    bound('loose', { target: { kind: 'Node' } }),
    bound('loose', { target: { kind: 'Pod', name: 'n' } }),
    bound('loose', { metadata: { name: 'other' }, target: target('n') }),
    bound('loose', { metadata: { name: 'loose', namespace: 'default' }, target: target('n') }),
    bound('loose', { metadata: { name: 'loose', annotations: { a: 'b' } }, target: target('n') }),
    bound('loose', { target: target('n') }),
    bound('gated', { target: target('n') }),
    bound('missing', { target: target('n') }),
    { ask: `GET ${PODS}/loose`, shows: ['spec.nodeName', 'metadata.annotations', 'status'] },
    { ask: `GET ${PODS}/loose/binding` },
  ],
};

const BINDINGS = core('bound', 'bindings');
const posted = (metadata: Json, to: Json = target('n')): Step => ({
  ask: `POST ${BINDINGS}`,
  body: { metadata, target: to },
});

/** By the name in the body, as schedulers did before there was the subresource. */
const postedBindings: Story = {
  title: 'subresources: posted bindings',
  steps: [
    namespace('bound'),
    given(`POST ${core('bound', 'pods')}`, named('loose')),
    given(`POST ${core('bound', 'pods')}`, named('gated', { schedulingGates: [{ name: 'g' }] })),
    posted({}),
    posted({ generateName: 'x-' }),
    posted({ name: 'loose' }, {}),
    posted({ name: 'loose' }, { kind: 'Pod', name: 'n' }),
    posted({ name: 'loose', namespace: 'default' }),
    posted({ name: 'loose', uid: 'another' }),
    { ...posted({ name: 'loose' }), ask: `POST ${BINDINGS}?dryRun=All` },
    posted({ name: 'loose', annotations: { a: 'b' }, labels: { c: 'd' } }),
    posted({ name: 'loose' }),
    posted({ name: 'gated' }),
    posted({ name: 'missing' }),
    { ask: `POST ${BINDINGS}`, body: { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'x' } } },
    {
      ask: `GET ${core('bound', 'pods')}/loose`,
      shows: ['spec.nodeName', 'metadata.annotations', 'metadata.labels', 'status'],
    },
    ...['GET', 'DELETE'].map((method) => ({ ask: `${method} ${BINDINGS}` })),
    ...['GET', 'PUT', 'DELETE'].map((method) => ({ ask: `${method} ${BINDINGS}/loose` })),
    {
      ask: 'POST /apis/authorization.k8s.io/v1/localsubjectaccessreviews',
      body: { metadata: { name: 'x' }, spec: { user: 'a' } },
    },
    { ask: 'POST /api/v1/bindings', body: { metadata: { name: 'loose' }, target: target('n') } },
  ],
};

const BUDGETS = '/apis/policy/v1/namespaces/evicted/poddisruptionbudgets';
const evicted = (name: string, body: Json = {}): Step => ({
  ask: `POST ${core('evicted', 'pods')}/${name}/eviction`,
  body: { metadata: { name }, ...body },
});
const running = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

function member(name: string, app: string, status: Json = running): Step[] {
  return [
    given(`POST ${core('evicted', 'pods')}`, named(name, { nodeName: 'n' }, { labels: { app } })),
    given(`PATCH ${core('evicted', 'pods')}/${name}/status`, { status }),
  ];
}

function budget(name: string, status: Json, more: Json = {}): Step[] {
  const selector = { matchLabels: { app: name } };
  return [
    given(`POST ${BUDGETS}`, { metadata: { name }, spec: { minAvailable: 1, selector, ...more } }),
    given(`PATCH ${BUDGETS}/${name}/status`, { status }),
  ];
}

const none = {
  disruptionsAllowed: 0,
  currentHealthy: 1,
  desiredHealthy: 1,
  expectedPods: 1,
  observedGeneration: 1,
};

const evictions: Story = {
  title: 'subresources: evictions',
  steps: [
    namespace('evicted'),
    ...budget('full', none),
    ...budget('late', { ...none, disruptionsAllowed: 1, observedGeneration: 0 }),
    ...budget('free', { ...none, disruptionsAllowed: 1, currentHealthy: 2 }),
    ...budget('always', none, { unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
    ...budget('few', { ...none, currentHealthy: 0, desiredHealthy: 2, expectedPods: 3 }),
    ...member('full', 'full'),
    ...member('late', 'late'),
    ...member('free', 'free'),
    ...member('unready', 'always', {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False' }],
    }),
    ...member('unhealthy', 'full', {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False' }],
    }),
    ...member('done', 'full', { phase: 'Succeeded' }),
    ...member('waiting', 'full', { phase: 'Pending' }),
    ...member('few', 'few'),
    evicted('missing'),
    evicted('full', { metadata: { name: 'other' } }),
    evicted('full', { deleteOptions: { dryRun: ['Some'] } }),
    evicted('full', { deleteOptions: { preconditions: { uid: 'u' } } }),
    evicted('full', { deleteOptions: { preconditions: { resourceVersion: '1' } } }),
    evicted('full'),
    evicted('few'),
    evicted('late'),
    evicted('unhealthy'),
    evicted('free', { deleteOptions: { dryRun: ['All'] } }),
    evicted('free'),
    evicted('free'),
    evicted('unready'),
    evicted('done'),
    evicted('waiting'),
    { ask: `GET ${BUDGETS}/free`, shows: ['status'] },
    {
      ...evicted('full'),
      body: { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'full' } },
    },
    { ...evicted('full'), body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'full' } } },
  ],
};

const PIECES = core('pieces', 'pods');
const debug = { name: 'd', image: 'i' };
const ephemeral = (containers: readonly Json[]): Step => ({
  ask: `PATCH ${PIECES}/loose/ephemeralcontainers`,
  type: STRATEGIC,
  body: { spec: { ephemeralContainers: containers } },
  shows: ['spec.ephemeralContainers', 'metadata.generation'],
});
const resized = (resources: Json, more: Json = {}): Step => ({
  ask: `PATCH ${PIECES}/loose/resize`,
  type: STRATEGIC,
  body: { spec: { containers: [{ name: 'c', resources, ...more }] } },
  shows: ['spec.containers', 'metadata.generation', 'status.qosClass'],
});
const podStatus = (status: Json): Step => ({
  ask: `PATCH ${PIECES}/loose/status`,
  type: STRATEGIC,
  body: { status },
  shows: ['status'],
});
const started = (state: Json, more: Json = {}): Json => ({
  name: 'c',
  ...{ image: 'i', imageID: 'x', ready: false, restartCount: 0, state },
  ...more,
});

const parts: Story = {
  title: 'subresources: ephemeral containers, resize, status, scale, finalize',
  steps: [
    namespace('pieces'),
    given(`POST ${PIECES}`, named('loose')),
    ephemeral([{ name: 'c', image: 'i' }]),
    ephemeral([{ ...debug, ports: [{ containerPort: 80 }] }]),
    ephemeral([{ ...debug, resources: { limits: { cpu: '1' } } }]),
    ephemeral([{ ...debug, targetContainerName: 'unheard' }]),
    ephemeral([{ name: 'd' }]),
    ephemeral([debug]),
    ephemeral([{ ...debug, image: 'other' }]),
    ephemeral([{ $patch: 'delete', name: 'd' }]),
    ephemeral([{ name: 'e', image: 'i', targetContainerName: 'c' }]),
    resized({ requests: { cpu: '1' } }),
    resized({ limits: { memory: '1Gi' } }, { image: 'other' }),
    {
      ask: `PATCH ${PIECES}/loose/resize`,
      body: { metadata: { labels: { a: 'b' } } },
      shows: ['metadata.labels'],
    },
    {
      ask: `PATCH ${PIECES}/loose`,
      type: STRATEGIC,
      body: { spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1' } } }] } },
      shows: ['spec'],
    },
    {
      ask: `PATCH ${PIECES}/loose`,
      body: { spec: { activeDeadlineSeconds: 5 } },
      shows: ['spec.activeDeadlineSeconds', 'metadata.generation'],
    },
    {
      ask: `PATCH ${PIECES}/loose`,
      body: { spec: { activeDeadlineSeconds: 7 } },
      shows: ['spec.activeDeadlineSeconds'],
    },
    {
      ask: `PATCH ${PIECES}/loose`,
      body: { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } },
      shows: ['spec.tolerations'],
    },
    podStatus({ phase: 'Running', containerStatuses: [started({ running: {} })] }),
    podStatus({ containerStatuses: [started({ terminated: { exitCode: 0 } })] }),
    podStatus({ phase: 'Unheard' }),
    podStatus({ podIPs: [{ ip: 'x' }] }),
    podStatus({ podIPs: [{ ip: '1.2.3.4' }, { ip: '1.2.3.5' }] }),
    podStatus({ hostIP: 'x', hostIPs: [{ ip: '1.2.3.4' }] }),
    podStatus({ nominatedNodeName: 'A_B' }),
    podStatus({ conditions: [{ type: '', status: 'Maybe' }] }),
    podStatus({ qosClass: 'Guaranteed' }),
    podStatus({ resourceClaimStatuses: [{ name: 'unheard' }] }),
    podStatus({
      containerStatuses: [started({ running: {} }, { allocatedResources: { cpu: '1' } })],
    }),
    {
      ask: `PATCH /api/v1/namespaces/pieces/status`,
      body: { status: { phase: 'Terminating' } },
      shows: ['status'],
    },
    {
      ask: `PUT /api/v1/namespaces/pieces/finalize`,
      body: { metadata: { name: 'pieces' }, spec: { finalizers: ['x'] } },
      shows: ['spec'],
    },
    {
      ask: `PUT /api/v1/namespaces/pieces/finalize`,
      body: { metadata: { name: 'other' } },
      shows: ['spec'],
    },
    given('POST /apis/apps/v1/namespaces/pieces/deployments', {
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [plain] } },
      },
    }),
    ...[{ replicas: -1 }, { replicas: 'x' }, { replicas: 2 }, {}].map((spec) => ({
      ask: 'PUT /apis/apps/v1/namespaces/pieces/deployments/d/scale',
      body: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec },
      shows: ['spec', 'status'],
    })),
    {
      ask: 'PUT /apis/apps/v1/namespaces/pieces/deployments/d/scale',
      body: { metadata: { name: 'other' }, spec: {} },
      shows: ['spec'],
    },
    {
      ask: 'PATCH /apis/apps/v1/namespaces/pieces/deployments/d/scale',
      body: { spec: { replicas: 3 } },
      shows: ['spec', 'status'],
    },
    {
      ask: 'PATCH /apis/apps/v1/namespaces/pieces/deployments/d/status',
      body: { status: { replicas: -1, availableReplicas: 5, readyReplicas: 1 } },
      shows: ['status'],
    },
    { ask: 'GET /apis/apps/v1/namespaces/pieces/deployments/missing/scale' },
    { ask: 'POST /apis/apps/v1/namespaces/pieces/deployments/d/scale', body: {} },
    { ask: 'DELETE /apis/apps/v1/namespaces/pieces/deployments/d/status' },
  ],
};

export const subresourceStories: readonly Story[] = [bindings, postedBindings, parts, evictions];
