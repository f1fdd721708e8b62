/** What a delete asks for in its query, what counts as a change, and who else owns a field. */
import { core, namespace, pod } from './admission.ts';
import { APPLY, given, MERGE, type Step, type Story } from './story.ts';

const CONFIG_MAPS = core('writes', 'configmaps');
const DEPLOYMENTS = '/apis/apps/v1/namespaces/writes/deployments';

const deleted = (query: string): Step => ({ ask: `DELETE ${CONFIG_MAPS}${query}` });

const preconditions: Story = {
  title: 'writes: preconditions in the query of a delete',
  steps: [
    namespace('writes'),
    given(`POST ${CONFIG_MAPS}`, { metadata: { name: 'kept' } }),
    deleted('/kept?uid=other'),
    deleted('/kept?uid=other&dryRun=All'),
    { ask: `GET ${CONFIG_MAPS}/kept`, shows: ['metadata.name'] },
    { ...deleted('/missing?uid=other') },
    { ...deleted('/kept?uid=&resourceVersion='), shows: ['status'] },
  ],
};

const labels = { a: 'b' };
const template = { ...pod([{ name: 'c', image: 'i' }]), metadata: { labels } };
const deployment = {
  metadata: { name: 'counted', annotations: { a: '1' } },
  spec: { replicas: 1, selector: { matchLabels: labels }, template },
};
const counted = (body: object, under = ''): Step => ({
  ask: `PATCH ${DEPLOYMENTS}/counted${under}?fieldManager=first`,
  body,
  shows: ['metadata.generation', 'metadata.generateName'],
});

const generations: Story = {
  title: 'writes: what the generation counts',
  steps: [
    given(`POST ${DEPLOYMENTS}?fieldManager=first`, deployment),
    counted({ metadata: { labels: { a: 'c' } } }),
    counted({ metadata: { annotations: { a: '1' } } }),
    counted({ metadata: { annotations: { a: '2' } } }),
    counted({ metadata: { annotations: { a: '3' } }, spec: { replicas: 2 } }),
    counted({ metadata: { annotations: { a: '4' } } }, '/status'),
    counted({ metadata: { annotations: null } }),
    counted({ metadata: { generateName: 'other-' } }),
    counted({ metadata: { generateName: 'A_B' } }),
    counted({ metadata: { generateName: null } }),
  ],
};

const scaled = (manager: string, replicas: number): Step => ({
  ask: `PATCH ${DEPLOYMENTS}/counted/scale?fieldManager=${manager}`,
  body: {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'counted', namespace: 'writes' },
    spec: { replicas },
  },
  shows: ['spec'],
});

const conflicts: Story = {
  title: 'writes: conflicts of scales',
  steps: [
    { ...scaled('one', 3), type: APPLY },
    scaled('two', 4),
    { ...scaled('one', 5), type: APPLY },
    given(`PATCH ${DEPLOYMENTS}/counted?fieldManager=three`, { spec: { replicas: 6 } }),
    { ...scaled('one', 5), type: APPLY },
  ],
};

const token = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const listed = (query: string): Step => ({
  ask: `GET ${CONFIG_MAPS}?${query}`,
  shows: ['metadata.continue'],
});

const lists: Story = {
  title: 'writes: lists that cannot be',
  steps: [
    ...['garbage', token('{"v":'), token('{}'), token('[]'), token({ v: 'meta.k8s.io/v9' })].map(
      (text) => listed(`continue=${text}`),
    ),
    listed(`continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: '' })}`),
    listed(`continue=${token({ v: 'meta.k8s.io/v1', rv: 0, start: 'a' })}`),
    listed(`continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: 'a' })}&resourceVersion=x`),
    listed('continue=garbage&resourceVersion=x'),
    listed('resourceVersion=18446744073709551616'),
    listed('watch=1&continue=garbage'),
    listed('watch=1&continue=garbage&resourceVersion=0'),
    { ask: `GET /api/v1/watch/namespaces/writes/configmaps/a?fieldSelector=metadata.name%3Db` },
    { ask: `GET /api/v1/watch/namespaces/writes/configmaps/a?fieldSelector=metadata.name!%3Db` },
  ],
};

const applied = (metadata: object): Step => ({
  ask: `PATCH ${core('intended', 'configmaps')}/applied?fieldManager=one`,
  type: APPLY,
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata },
  shows: ['metadata.name', 'metadata.generation'],
});
const PODS = core('intended', 'pods');
const named = { metadata: { name: 'piece' } };
const elsewhere = { name: 'piece', namespace: 'other' };
const posted = (to: string, body: object, shows: readonly string[] = []): Step => ({
  ask: `POST ${to}`,
  body,
  shows,
});
const account = `${core('intended', 'serviceaccounts')}/piece`;
const target = { kind: 'Node', name: 'n' };

const references: Story = {
  title: 'writes: objects that are meant, and others',
  steps: [
    namespace('intended'),
    applied({ uid: 'x' }),
    applied({}),
    applied({ name: 'applied', resourceVersion: '1' }),
    applied({ name: 'applied', resourceVersion: '1' }),
    applied({ uid: 'x' }),
    applied({}),
    given(`POST ${PODS}`, { ...pod([{ name: 'c', image: 'i' }]), ...named }),
    posted(`${PODS}/piece/eviction`, { metadata: elsewhere }),
    posted(`${PODS}/missing/eviction`, { metadata: { ...elsewhere, name: 'missing' } }),
    posted(`${PODS}/piece/binding`, { metadata: elsewhere, target }),
    posted(core('intended', 'bindings'), { metadata: elsewhere, target }),
    ...[MERGE, APPLY].map((type) => ({
      ask: `PATCH ${PODS}/piece/ephemeralcontainers?fieldManager=one`,
      type,
      body: { apiVersion: 'v1', kind: 'Pod', ...named },
      shows: ['metadata.generation', 'spec.ephemeralContainers'],
    })),
    given(`POST ${core('intended', 'serviceaccounts')}`, named),
    posted(`${account}/token`, {}, ['metadata']),
    posted(`${account}/token`, { metadata: elsewhere }),
    posted(`${account}/token`, { metadata: { ...elsewhere, name: 'other' } }),
  ],
};

export const writeStories: readonly Story[] = [
  preconditions,
  generations,
  conflicts,
  lists,
  references,
];
