/** What the garbage collector makes of owners that go, are elsewhere, or never were. */
import { Place, type Seen } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';
import { customKind } from './custom-kind.ts';
import { deployment, done } from './deployments.ts';
import { ready, set } from './sets.ts';

const HOLD = 'example.org/hold';

interface Dependent {
  readonly name: string;
  readonly owners: readonly object[];
  readonly held?: boolean;
}

/** Its finalizer, where it has one, is let go by `release`. */
const configMap = ({ name, owners, held = false }: Dependent): string => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  finalizers: ${held ? `[${HOLD}]` : '[]'}
  ownerReferences: ${JSON.stringify(owners)}`;

const release = (at: Place, kind: string, name: string): Promise<void> =>
  at.merge(kind, name, { metadata: { finalizers: null } });

const reference = ({ apiVersion, kind, metadata: { name, uid } }: Seen, more: object = {}) => ({
  ...{ apiVersion, kind, name, uid },
  ...more,
});

async function owner(at: Place, name: string): Promise<Seen> {
  await at.create(configMap({ name, owners: [] }));
  const made = await at.get('ConfigMap', name);
  return { ...made, apiVersion: 'v1', kind: 'ConfigMap' };
}

const blocks = { blockOwnerDeletion: true };

const leaves = ({ metadata }: Seen): boolean => metadata.deletionTimestamp !== undefined;

const isOwnedByOne = ({ metadata }: Seen): boolean => metadata.ownerReferences?.length === 1;

const gadgets = customKind('owners.example.org', 'Gadget');

export const ownerScenarios: readonly Scenario[] = [
  {
    name: 'deployment that goes in the background, its set and pods after it',
    async run(at) {
      await at.create(deployment('replicas: 2'));
      await done(at, 2);
      await at.delete('Deployment', 'web', { propagationPolicy: 'Background' });
      await at.untilGone('Deployment', 'web');
      await at.untilAll('ReplicaSet', (sets) => sets.length === 0);
      await at.untilAll('Pod', (pods) => pods.length === 0);
    },
  },
  {
    name: 'deployment that goes in the foreground while a pod is held',
    async run(at) {
      await at.create(deployment('replicas: 2'));
      await done(at, 2);
      const [pod] = await at.list('Pod');
      const { name } = pod!.metadata;
      await at.merge('Pod', name, { metadata: { finalizers: [HOLD] } });
      await at.delete('Deployment', 'web', { propagationPolicy: 'Foreground' });
      await at.untilAll('ReplicaSet', ([only]) => only !== undefined && leaves(only));
      await at.untilAll('Pod', (pods) => pods.length === 1 && leaves(pods[0]!));
    },
  },
  {
    name: 'deployment that goes in the foreground once its pods are let go',
    async run(at) {
      await at.create(deployment('replicas: 1'));
      await done(at, 1);
      const [pod] = await at.list('Pod');
      const { name } = pod!.metadata;
      await at.merge('Pod', name, { metadata: { finalizers: [HOLD] } });
      await at.delete('Deployment', 'web', { propagationPolicy: 'Foreground' });
      await at.until('Pod', name, leaves);
      await release(at, 'Pod', name);
      await at.untilGone('Pod', name);
      await at.untilGone('Deployment', 'web');
      await at.untilAll('ReplicaSet', (sets) => sets.length === 0);
    },
  },
  {
    name: 'replica set that leaves its pods behind, for another to take',
    async run(at) {
      await at.create(set('ReplicaSet', 'replicas: 2'));
      await at.until('ReplicaSet', 'web', ready(2));
      await at.delete('ReplicaSet', 'web', { propagationPolicy: 'Orphan' });
      await at.untilGone('ReplicaSet', 'web');
      await at.untilAll('Pod', (pods) =>
        pods.every(({ metadata }) => metadata.ownerReferences === undefined),
      );
      const other = set('ReplicaSet', 'replicas: 1', template('web')).replace('web }', 'new }');
      await at.create(other);
      await at.until('ReplicaSet', 'new', ready(1));
    },
  },
  {
    name: 'owner in the foreground, for whom only some dependents block',
    async run(at) {
      const top = await owner(at, 'top');
      const held = true;
      await at.create(configMap({ name: 'blocking', owners: [reference(top, blocks)], held }));
      await at.create(configMap({ name: 'loose', owners: [reference(top)], held }));
      await at.delete('ConfigMap', 'top', { propagationPolicy: 'Foreground' });
      for (const name of ['blocking', 'loose']) await at.until('ConfigMap', name, leaves);
      await release(at, 'ConfigMap', 'blocking');
      await at.untilGone('ConfigMap', 'top');
    },
  },
  {
    name: 'owners of one object that go one after the other',
    async run(at) {
      const [first, second, third] = [
        await owner(at, 'first'),
        await owner(at, 'second'),
        await owner(at, 'third'),
      ];
      const owners = [first, second, third].map((each) => reference(each, blocks));
      await at.create(configMap({ name: 'shared', owners }));
      await at.delete('ConfigMap', 'first', { propagationPolicy: 'Foreground' });
      await at.untilGone('ConfigMap', 'first');
      await at.until('ConfigMap', 'shared', (each) => each.metadata.ownerReferences?.length === 2);
      await at.delete('ConfigMap', 'second', { propagationPolicy: 'Orphan' });
      await at.untilGone('ConfigMap', 'second');
      await at.until('ConfigMap', 'shared', isOwnedByOne);
      await at.create(configMap({ name: 'last', owners: [reference(third)] }));
      await at.delete('ConfigMap', 'third', { propagationPolicy: 'Background' });
      await at.untilGone('ConfigMap', 'shared');
      await at.untilGone('ConfigMap', 'last');
    },
  },
  {
    name: 'owner of another namespace',
    async run(at) {
      const other = new Place(at.world, 'default');
      const found = await other.until('ConfigMap', 'kube-root-ca.crt');
      const elsewhere = { ...found, apiVersion: 'v1', kind: 'ConfigMap' };
      await at.create(configMap({ name: 'abroad', owners: [reference(elsewhere)] }));
      await at.untilGone('ConfigMap', 'abroad');
      await at.untilEvent('OwnerRefInvalidNamespace');
    },
  },
  {
    name: 'owner whose name is taken by another, and one of two who is there',
    async run(at) {
      const top = await owner(at, 'top');
      const uid = '6f4b9a52-3f0e-4b0a-9a55-0c1d5b9d1f12';
      const former = { ...reference(top), uid };
      await at.create(configMap({ name: 'of-former', owners: [former] }));
      await at.create(configMap({ name: 'of-both', owners: [former, reference(top)] }));
      await at.untilGone('ConfigMap', 'of-former');
      await at.until('ConfigMap', 'of-both', isOwnedByOne);
    },
  },
  {
    name: 'owner of a kind that nobody serves',
    async run(at) {
      const uid = '6f4b9a52-3f0e-4b0a-9a55-0c1d5b9d1f13';
      const unknown = { apiVersion: 'nobody.example.org/v1', kind: 'Nothing', name: 'x', uid };
      await at.create(configMap({ name: 'waiting', owners: [unknown] }));
      const top = await owner(at, 'top');
      await at.create(configMap({ name: 'going', owners: [reference(top)] }));
      await at.delete('ConfigMap', 'top');
      await at.untilGone('ConfigMap', 'going');
    },
  },
  {
    name: 'owner in no namespace, of what is in one',
    also: ['ClusterRole/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: NAMESPACE }
rules: []`);
      const found = await at.get('ClusterRole', at.namespace);
      const role = { ...found, apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' };
      await at.create(configMap({ name: 'below', owners: [reference(role, blocks)], held: true }));
      await at.delete('ClusterRole', at.namespace, { propagationPolicy: 'Foreground' });
      await at.until('ConfigMap', 'below', leaves);
    },
  },
  {
    name: 'custom resources that own and are owned',
    async run(at) {
      await at.create(gadgets.definition);
      const top = await gadgets.make(at, 'top');
      const middle = await gadgets.make(at, 'middle', [reference(top, blocks)]);
      await at.create(configMap({ name: 'below', owners: [reference(middle, blocks)] }));
      await at.create(configMap({ name: 'held', owners: [reference(middle, blocks)], held: true }));
      const { namespace } = at;
      const propagationPolicy = 'Background';
      await at.world.client.delete(gadgets.type, { namespace, name: 'top' }, { propagationPolicy });
      await at.untilGone('ConfigMap', 'below');
      await at.until('ConfigMap', 'held', leaves);
    },
  },
];
