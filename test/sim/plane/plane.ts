/** A whole control plane under one seed: real components, simulated time, network and machines. */
import { kinds } from '../../../apiserver/registry/kinds/index.ts';
import type { ResourceDeclaration } from '../../../apiserver/registry/declaration.ts';
import { createClient, type RestClient } from '../../../client/rest.ts';
import { startControllers } from '../../../controllers/manager.ts';
import { startKubelet } from '../../../kubelet/kubelet.ts';
import { silentLogger as logger } from '../../../platform/logger.ts';
import { startScheduler } from '../../../scheduler/scheduler.ts';
import { MemoryKv } from '../../model/memory-kv.ts';
import { SeededRandom, SimClock, SimTime } from '../time.ts';
import { type Flaw, rewriteOf } from './flaws.ts';
import { ApiHost, ComponentHost, type ComponentEffects } from './hosts.ts';
import { Network } from './network.ts';
import type { StoreWeather } from './store-link.ts';
import { Truth } from './truth.ts';

export interface PlaneOptions {
  readonly nodes: number;
  /** Managers and schedulers, of which one leads by a Lease. One alone needs none. */
  readonly rivals: 1 | 2;
  /** False: events are refused unread; they are most of the writes, and decide nothing. */
  readonly keepsEvents: boolean;
  readonly flaw?: Flaw | undefined;
}

/** What this plane does not need, so that a seed costs less; {@link Network} tells of none. */
const leftOut: ReadonlySet<string> = new Set([
  ...['rbac.authorization.k8s.io', 'flowcontrol.apiserver.k8s.io', 'apiregistration.k8s.io'],
  ...['certificates.k8s.io', 'admissionregistration.k8s.io', 'apiextensions.k8s.io'],
  ...['authentication.k8s.io', 'authorization.k8s.io', 'metrics.k8s.io', 'node.k8s.io'],
  ...['networking.k8s.io', 'autoscaling', 'events.k8s.io', 'resource.k8s.io', 'discovery.k8s.io'],
  ...['replicationcontrollers', 'podtemplates', 'limitranges', 'secrets', 'cronjobs'],
  ...['csidrivers', 'csinodes', 'csistoragecapacities', 'volumeattachments'],
  ...['volumeattributesclasses', 'services', 'endpoints'],
]);
const isServed = ({ type }: ResourceDeclaration): boolean =>
  !leftOut.has(type.group) && !leftOut.has(type.resource);
const served: readonly ResourceDeclaration[] = kinds.filter(isServed);
const stored = served.filter(({ verbs }) => verbs?.includes('delete') ?? true);
const resourceTypes = stored.map(({ type }) => type);
/** Shorter than Kubernetes', with the same proportions: a takeover should fit into a storm. */
const timing = { leaseMs: 8000, renewMs: 5000, retryMs: 2000 } as const;
const admins = ['system:masters'];

export class SimPlane {
  readonly time = new SimTime();
  readonly random: SeededRandom;
  readonly problems: string[] = [];
  readonly truth = new Truth(this.time);
  readonly store = new MemoryKv();
  readonly storeWeather: StoreWeather = { failOneIn: 0, watchLagMs: 3 };
  readonly network: Network;
  readonly apis: readonly ApiHost[];
  readonly managers: readonly ComponentHost[];
  readonly schedulers: readonly ComponentHost[];
  readonly kubelets: readonly ComponentHost[];
  /** A person's client, over the same network. */
  readonly user: RestClient;

  readonly #rivals: 1 | 2;

  constructor(seed: number, { nodes, rivals, keepsEvents, flaw }: PlaneOptions) {
    this.#rivals = rivals;
    this.random = new SeededRandom(seed);
    const servers = (): readonly ApiHost[] => this.apis;
    this.network = new Network({
      time: this.time,
      random: this.fork(),
      servers,
      keepsEvents,
      leftOut,
    });
    const all = Array.from({ length: rivals }, (_, i) => i);
    this.apis = [0, 1].map(() => this.#api(flaw));
    this.managers = all.map((i) => this.#manager(`manager${i}`, flaw));
    this.schedulers = all.map((i) => this.#scheduler(`scheduler${i}`));
    this.kubelets = Array.from({ length: nodes }, (_, i) => this.#kubelet(`node${i + 1}`));
    const caller = { isAlive: true, commonName: 'admin', groups: admins };
    this.user = createClient({
      handler: this.network.handler(caller),
      userAgent: 'user',
      clock: new SimClock(this.time),
    });
  }

  get components(): readonly ComponentHost[] {
    return [...this.managers, ...this.schedulers, ...this.kubelets];
  }

  fork(): SeededRandom {
    return new SeededRandom(this.random.below(2 ** 31));
  }

  start(): void {
    void this.truth.follow(this.store);
    for (const api of this.apis) api.start();
    for (const component of this.components) component.start();
  }

  /** Everything runs, is reached, and stays so; clocks are right. */
  heal(): void {
    Object.assign(this.network.weather, { loseOneIn: 0, repeatOneIn: 0, slowMs: 3, watchLagMs: 5 });
    Object.assign(this.storeWeather, { failOneIn: 0, watchLagMs: 3 });
    for (const host of [...this.apis, ...this.components]) {
      host.skew(0);
      host.start();
    }
  }

  #api(flaw: Flaw | undefined): ApiHost {
    return new ApiHost({
      ...{ time: this.time, fork: () => this.fork(), kv: this.store, kinds: served },
      ...{ weather: this.storeWeather, blind: flaw === 'blindBind' },
    });
  }

  #component(
    who: { readonly name: string; readonly commonName: string; readonly groups?: string[] },
    run: (effects: ComponentEffects) => ReturnType<typeof startScheduler>,
    flaw?: Flaw,
  ): ComponentHost {
    const { time, network, problems } = this;
    const rewrite = rewriteOf(flaw);
    const base = { time, network, problems, fork: () => this.fork(), rewrite };
    return new ComponentHost({ ...base, ...who, run });
  }

  #manager(name: string, flaw: Flaw | undefined): ComponentHost {
    const commonName = 'system:kube-controller-manager';
    return this.#component(
      { name, commonName, groups: admins },
      ({ exit, identity, ...effects }) =>
        startControllers({
          ...{ ...effects, logger, resourceTypes },
          ...this.#candidacy(identity),
          onLost: exit,
        }),
      flaw,
    );
  }

  #scheduler(name: string): ComponentHost {
    const who = { name, commonName: 'system:kube-scheduler', groups: admins };
    return this.#component(who, ({ exit, identity, ...effects }) =>
      startScheduler({ ...effects, logger, ...this.#candidacy(identity), onLost: exit }),
    );
  }

  #candidacy(identity: string) {
    return this.#rivals === 1 ? {} : { leaderElect: { identity, timing } };
  }

  #kubelet(name: string): ComponentHost {
    const who = { name, commonName: `system:node:${name}`, groups: ['system:nodes'] };
    const number = name.slice('node'.length);
    return this.#component(who, ({ client, clock, random }) =>
      startKubelet({
        ...{ client, clock, random, logger },
        node: {
          name,
          labels: { zone: Number(number) % 2 === 0 ? 'even' : 'odd' },
          capacity: { cpu: '2', pods: '6' },
          podCidr: `10.244.${number}.0/24`,
          internalIp: `172.18.0.${number}`,
        },
      }),
    );
  }
}
