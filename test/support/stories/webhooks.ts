/** Webhooks of admission that are really called: what they are sent, and what their answers do. */
import { core, namespace, pod, TRY } from './admission.ts';
import { APPLY, given, type Step, type Story } from './story.ts';
import { HOOKS, HOOKS_CA } from './webhook-server.ts';

type Json = Readonly<Record<string, unknown>>;
type Sort = 'mutating' | 'validating';

const API = '/apis/admissionregistration.k8s.io/v1';

const rule = (apiGroup: string, version: string, ...resources: string[]): Json => ({
  apiGroups: [apiGroup],
  apiVersions: [version],
  operations: ['*'],
  resources,
});

/** A webhook at a path of that name, for objects with that label. */
const hook = (name: string, more: Json = {}): Json => ({
  name: `${name.toLowerCase()}.hooks.test`,
  clientConfig: { url: `${HOOKS}/${name}`, caBundle: HOOKS_CA },
  rules: [rule('', 'v1', 'configmaps')],
  objectSelector: { matchLabels: { hook: name } },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
});

/** Only for what is in that namespace. */
const register = (sort: Sort, of: string, hooks: readonly Json[]): Step =>
  given(`POST ${API}/${sort}webhookconfigurations`, {
    metadata: { name: of },
    webhooks: hooks.map((each) => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': of } },
      ...each,
    })),
  });

const map = (name: string, hooked: string): Json => ({
  metadata: { name, labels: { hook: hooked } },
  data: { a: '1' },
});

interface Hooked {
  readonly names: readonly string[];
  /** Of each webhook. */
  readonly more?: Json;
}

/** Each webhook is asked about an object of its own. */
function judged(sort: Sort, of: string, { names, more = {} }: Hooked): Story {
  const all = ['deny', ...names];
  const maps = core(of, 'configmaps');
  return {
    title: `webhooks: ${of}`,
    steps: [
      namespace(of),
      register(
        sort,
        of,
        all.map((name) => hook(name, more)),
      ),
      {
        ...given(`POST ${maps}${TRY}`, map('x', 'deny')),
        until: 400,
      },
      ...all.map((name) => ({
        ask: `POST ${maps}${TRY}`,
        body: map('x', name),
        shows: ['kind', 'metadata.name', 'metadata.labels', 'data'],
      })),
      given(`DELETE ${API}/${sort}webhookconfigurations/${of}`),
    ],
  };
}

const verdicts = ['allow', 'explained', 'reasoned', 'fine', 'beyond', 'status', 'annotates'];
const warnings = ['warns', 'warnsLong'];
const lies = [
  ...['other', 'garbage', 'list', 'empty', 'absent', 'older', 'elsewhere', 'kindless', 'untyped'],
];
const failures = ['failed', 'lost', 'forbidden', 'busy', 'spoken', 'barred'];
const patches = [
  ...['patches', 'bare', 'typed', 'merges', 'broken', 'none', 'missing', 'tests', 'removes'],
  ...['unheard', 'invalid', 'typeless', 'unknown', 'renames', 'moves', 'turns', 'unkinds'],
  ...['versions', 'marks', 'counts'],
];
const old = { admissionReviewVersions: ['v1beta1'] };
const ignored = { failurePolicy: 'Ignore' };

/** Cannot be reached, each in its way. */
const unreached: readonly Json[] = [
  hook('hangs', { timeoutSeconds: 1 }),
  hook('closed', { clientConfig: { url: 'https://127.0.0.1:1/closed', caBundle: HOOKS_CA } }),
  hook('stranger', { clientConfig: { url: `${HOOKS}/allow` } }),
  hook('service', {
    clientConfig: { service: { namespace: 'default', name: 'none' }, caBundle: HOOKS_CA },
  }),
  hook('ported', {
    clientConfig: {
      service: { namespace: 'default', name: 'kubernetes', port: 99 },
      caBundle: HOOKS_CA,
    },
  }),
  hook('allow', { admissionReviewVersions: ['v9', 'v1'] }),
];

const UNREACHED = 'unreached';
const away: Story = {
  title: 'webhooks: that cannot be reached',
  steps: [
    namespace(UNREACHED),
    register('validating', UNREACHED, [hook('deny'), ...unreached]),
    { ...given(`POST ${core(UNREACHED, 'configmaps')}${TRY}`, map('x', 'deny')), until: 400 },
    ...['hangs', 'closed', 'stranger', 'service', 'ported', 'allow'].map((name) => ({
      ask: `POST ${core(UNREACHED, 'configmaps')}${TRY}`,
      body: map('x', name),
      shows: ['metadata.name'],
    })),
  ],
};

const ECHO = 'echoed';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${ECHO}/deployments`;
const SCALERS = `/apis/autoscaling/v2/namespaces/${ECHO}/horizontalpodautoscalers`;
const template = {
  metadata: { labels: { a: 'b' } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
};
const deployment = {
  metadata: { name: 'd' },
  spec: { selector: { matchLabels: { a: 'b' } }, template },
};
const scaler = {
  metadata: { name: 'h' },
  spec: {
    maxReplicas: 3,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 50 } },
      },
    ],
  },
};
const echoes: readonly Json[] = [
  rule('', 'v1', 'configmaps', 'pods', 'pods/*', 'services'),
  rule('apps', 'v1', 'deployments', 'deployments/*'),
  rule('autoscaling', 'v1', 'horizontalpodautoscalers'),
];

/** What is there before it is asked about. */
const before: readonly Step[] = [
  namespace(ECHO),
  given(`POST ${core(ECHO, 'configmaps')}`, map('there', 'x')),
  given(`POST ${core(ECHO, 'configmaps')}`, map('second', 'x')),
  given(`POST ${core(ECHO, 'pods')}`, pod([{ name: 'c', image: 'i' }])),
  given(`POST ${DEPLOYMENTS}`, deployment),
  given(`POST ${SCALERS}`, scaler),
];

const asked: readonly Step[] = [
  { ask: `POST ${core(ECHO, 'configmaps')}?fieldManager=me`, body: map('new', 'x') },
  {
    ask: `POST ${core(ECHO, 'configmaps')}?fieldValidation=Strict`,
    body: { metadata: { generateName: 'made-' } },
  },
  { ask: `PUT ${core(ECHO, 'configmaps')}/there`, body: map('there', 'y') },
  { ask: `PUT ${core(ECHO, 'configmaps')}/absent`, body: map('absent', 'y') },
  { ask: `PATCH ${core(ECHO, 'configmaps')}/there`, body: { data: { b: '2' } } },
  {
    ask: `PATCH ${core(ECHO, 'configmaps')}/there?fieldManager=me&force=true`,
    type: APPLY,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'there' }, data: { c: '3' } },
  },
  {
    ask: `PATCH ${core(ECHO, 'configmaps')}/applied?fieldManager=me`,
    type: APPLY,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' } },
  },
  { ask: `DELETE ${core(ECHO, 'configmaps')}/there` },
  {
    ask: `DELETE ${core(ECHO, 'configmaps')}/there?dryRun=All`,
    body: { gracePeriodSeconds: 3, propagationPolicy: 'Orphan' },
  },
  { ask: `DELETE ${core(ECHO, 'configmaps')}?labelSelector=hook=x` },
  { ask: `DELETE ${core(ECHO, 'pods')}/p?gracePeriodSeconds=5` },
  { ask: `POST ${core(ECHO, 'pods')}/p/eviction`, body: { metadata: { name: 'p' } } },
  {
    ask: `POST ${core(ECHO, 'pods')}/p/binding`,
    body: { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } },
  },
  { ask: `PATCH ${core(ECHO, 'pods')}/p/status`, body: { status: { phase: 'Running' } } },
  {
    ask: `PATCH ${core(ECHO, 'pods')}/p/ephemeralcontainers`,
    type: 'application/strategic-merge-patch+json',
    body: { spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] } },
  },
  {
    ask: `PATCH ${core(ECHO, 'pods')}/p/resize`,
    type: 'application/strategic-merge-patch+json',
    body: { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] } },
  },
  { ask: `GET ${core(ECHO, 'pods')}/p/exec?command=ls&container=c&stdout=true` },
  { ask: `POST ${core(ECHO, 'pods')}/p/attach?stdin=true` },
  { ask: `GET ${core(ECHO, 'pods')}/p/portforward?ports=80` },
  { ask: `GET ${core(ECHO, 'pods')}/p/proxy/a/b?c=d` },
  {
    ask: `PUT ${DEPLOYMENTS}/d`,
    body: { ...deployment, metadata: { name: 'd', labels: { x: 'y' } } },
  },
  { ask: `PATCH ${DEPLOYMENTS}/d/scale`, body: { spec: { replicas: 2 } } },
  { ask: `PATCH ${DEPLOYMENTS}/d/status`, body: { status: { replicas: 2 } } },
  { ask: `PATCH ${SCALERS}/h`, body: { spec: { maxReplicas: 4 } } },
  { ask: `POST ${SCALERS}`, body: { ...scaler, metadata: { name: 'other' } } },
  { ask: `DELETE ${SCALERS}/h` },
  {
    ask: `POST ${core(ECHO, 'services')}`,
    body: { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } },
  },
];

const echoed: Story = {
  title: 'webhooks: what they are sent',
  steps: [
    ...before,
    register('validating', ECHO, [hook('echo', { rules: echoes, objectSelector: {} })]),
    { ...given(`POST ${core(ECHO, 'configmaps')}${TRY}`, map('x', 'x')), until: 418 },
    ...asked,
    given(`DELETE ${API}/validatingwebhookconfigurations/${ECHO}`),
  ],
};

const AGAIN = 'again';
const again: Story = {
  title: 'webhooks: that are asked again',
  steps: [
    namespace(AGAIN),
    register('mutating', AGAIN, [
      hook('counts', { reinvocationPolicy: 'IfNeeded', objectSelector: {} }),
      hook('patches', {
        objectSelector: { matchExpressions: [{ key: 'calm', operator: 'DoesNotExist' }] },
      }),
    ]),
    ...[{}, { calm: 'yes' }].map((labels, i): Step => ({
      ask: `POST ${core(AGAIN, 'configmaps')}${TRY}`,
      body: { metadata: { name: 'x', labels }, data: { a: '1' } },
      ...(i === 0 && {
        until: ({ data }: Json) => (data as Json | undefined)?.['b'] !== undefined,
      }),
      shows: ['data'],
    })),
    given(`DELETE ${API}/mutatingwebhookconfigurations/${AGAIN}`),
  ],
};

const CHOSEN = 'chosen';
const condition = (expression: string): Json => ({ matchConditions: [{ name: 'c', expression }] });
const chosen: Story = {
  title: 'webhooks: with conditions',
  steps: [
    namespace(CHOSEN),
    register('validating', CHOSEN, [
      hook('deny'),
      hook('explained', condition("object.metadata.name == 'x'")),
      hook('reasoned', condition("object.metadata.name == 'y'")),
      hook('fine', condition("object.data.none == 'y'")),
      hook('beyond', { ...condition("object.data.none == 'y'"), ...ignored }),
      hook(
        'allow',
        condition(
          "request.userInfo.username == 'nobody' || authorizer.group('').resource('pods').check('get').allowed()",
        ),
      ),
    ]),
    { ...given(`POST ${core(CHOSEN, 'configmaps')}${TRY}`, map('x', 'deny')), until: 400 },
    ...['explained', 'reasoned', 'fine', 'beyond', 'allow'].map((name) => ({
      ask: `POST ${core(CHOSEN, 'configmaps')}${TRY}`,
      body: map('x', name),
      shows: ['metadata.name'],
    })),
    given(`DELETE ${API}/validatingwebhookconfigurations/${CHOSEN}`),
  ],
};

export const webhookStories: readonly Story[] = [
  judged('validating', 'verdicts', { names: [...verdicts, ...warnings] }),
  judged('validating', 'lies', { names: [...lies, ...failures, 'patches', 'bare', 'typed'] }),
  judged('validating', 'lies-ignored', { names: [...lies, ...failures, 'patches'], more: ignored }),
  judged('validating', 'old-lies', { names: [...lies, 'patches', 'bare'], more: old }),
  judged('mutating', 'patches', { names: patches }),
  judged('mutating', 'patches-ignored', { names: patches, more: ignored }),
  judged('mutating', 'old-patches', {
    names: ['patches', 'bare', 'typed', 'merges', 'broken'],
    more: old,
  }),
  judged('mutating', 'mutating-verdicts', { names: [...verdicts, ...lies, ...failures] }),
  away,
  echoed,
  again,
  chosen,
];
