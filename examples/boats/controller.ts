/**
 * A controller in forty lines: each Boat owns a ConfigMap of its name. Run it with
 * `npx tsx examples/boats/controller.ts` against the cluster of the current kubeconfig.
 */
import * as k8s from '@kubernetes/client-node';

interface Boat extends k8s.KubernetesObject {
  spec: { seats: number };
  status?: { ready: boolean };
}

const config = new k8s.KubeConfig();
if (process.env['KUBECONFIG'] === undefined) config.loadFromFile('.wherry/kubeconfig');
else config.loadFromDefault();
const custom = config.makeApiClient(k8s.CustomObjectsApi);
const core = config.makeApiClient(k8s.CoreV1Api);
const boats = { group: 'harbour.example.com', version: 'v1', plural: 'boats' };

/** Makes what should be from what is; called for every change, harmless if there is nothing to do. */
async function reconcile({ metadata, spec, status }: Boat): Promise<void> {
  const { name, namespace, uid } = metadata as Required<k8s.V1ObjectMeta>;
  const owner = { apiVersion: 'harbour.example.com/v1', kind: 'Boat', name, uid, controller: true };
  const body = {
    metadata: { name, ownerReferences: [owner] },
    data: { seats: String(spec.seats) },
  };
  await core.createNamespacedConfigMap({ namespace, body }).catch(unlessItExists);
  if (status?.ready === true) return;
  const patch = [{ op: 'add', path: '/status', value: { ready: true } }];
  await custom.patchNamespacedCustomObjectStatus({ ...boats, namespace, name, body: patch });
}

const unlessItExists = (error: { code?: number }): void => {
  if (error.code !== 409) throw error as Error;
};

const list = () =>
  custom.listCustomObjectForAllNamespaces(boats) as Promise<k8s.KubernetesListObject<Boat>>;
const informer = k8s.makeInformer<Boat>(config, '/apis/harbour.example.com/v1/boats', list);
const owned = k8s.makeInformer(config, '/api/v1/configmaps', () =>
  core.listConfigMapForAllNamespaces(),
);
const look = (boat: Boat | undefined): void =>
  void (boat && reconcile(boat).catch((error: Error) => console.error(error.message)));
informer.on('add', look);
informer.on('update', look);
owned.on('delete', ({ metadata }) => look(informer.get(metadata!.name!, metadata!.namespace)));
await Promise.all([informer.start(), owned.start()]);
console.log('watching boats');
