/**
 * An operator as its users write one, on `@kubernetes/client-node` alone: it takes a lease, follows
 * boats with an informer, gives each a ConfigMap of its name, and says when that is there.
 */
import {
  ApiException,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type Informer,
  type KubeConfig,
  type KubernetesListObject,
  makeInformer,
  V1MicroTime,
} from '@kubernetes/client-node';
import { apiVersion, type Boat, group, kind, plural, version } from './boat.ts';

const namespace = 'default';
const LEASE = 'harbour';
const boats = { group, version, namespace, plural };

const isConflict = (error: unknown): boolean => error instanceof ApiException && error.code === 409;

export class Operator {
  readonly #identity: string;
  readonly #core: CoreV1Api;
  readonly #customs: CustomObjectsApi;
  readonly #leases: CoordinationV1Api;
  readonly #informer: Informer<Boat>;
  /** What went wrong, for the test to see. */
  readonly failures: unknown[] = [];
  #atWork: Promise<void> = Promise.resolve();

  constructor(config: KubeConfig, identity: string) {
    this.#identity = identity;
    this.#core = config.makeApiClient(CoreV1Api);
    this.#customs = config.makeApiClient(CustomObjectsApi);
    this.#leases = config.makeApiClient(CoordinationV1Api);
    const path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
    const list = (): Promise<KubernetesListObject<Boat>> =>
      this.#customs.listNamespacedCustomObject(boats) as Promise<KubernetesListObject<Boat>>;
    this.#informer = makeInformer<Boat>(config, path, list);
    const enqueue = (boat: Boat): void => {
      const next = (): Promise<void> => this.#reconcile(boat.metadata!.name!);
      this.#atWork = this.#atWork.then(next).catch((error) => void this.failures.push(error));
    };
    this.#informer.on('add', enqueue);
    this.#informer.on('update', enqueue);
  }

  /** False: another one leads. */
  async lead(): Promise<boolean> {
    const renewTime = new V1MicroTime();
    const spec = { holderIdentity: this.#identity, leaseDurationSeconds: 15, renewTime };
    try {
      const body = { metadata: { name: LEASE }, spec };
      await this.#leases.createNamespacedLease({ namespace, body });
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    const name = LEASE;
    const held = await this.#leases.readNamespacedLease({ name, namespace });
    if (held.spec?.holderIdentity !== this.#identity) return false;
    await this.#leases.replaceNamespacedLease({ name, namespace, body: { ...held, spec } });
    return true;
  }

  start(): Promise<void> {
    return this.#informer.start();
  }

  async stop(): Promise<void> {
    await this.#informer.stop();
    await this.#atWork;
  }

  async #reconcile(name: string): Promise<void> {
    const boat = (await this.#customs.getNamespacedCustomObject({ ...boats, name })) as Boat;
    const data = { color: boat.spec.color ?? '' };
    const { uid } = boat.metadata as { uid: string };
    const ownerReferences = [{ apiVersion, kind, name, uid, controller: true }];
    const body = { metadata: { name, ownerReferences }, data };
    await this.#core.createNamespacedConfigMap({ namespace, body }).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
      return this.#core.replaceNamespacedConfigMap({ name, namespace, body });
    });
    if (boat.status?.ready === true) return;
    await this.#customs.replaceNamespacedCustomObjectStatus({
      ...{ ...boats, name },
      body: { ...boat, status: { ready: true } },
    });
  }
}
