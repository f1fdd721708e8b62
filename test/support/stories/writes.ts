/** What a delete asks for in its query, what counts as a change, and who else owns a field. */
import { core, namespace, pod } from './admission.ts';
import { APPLY, given, type Step, type Story } from './story.ts';

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

export const writeStories: readonly Story[] = [preconditions, generations, conflicts, lists];
