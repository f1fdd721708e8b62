/** Controllers on a real API server under a virtual clock, and everything that they write. */
import {
  cronJobs,
  daemonSets,
  deployments,
  events,
  jobs,
  namespaces,
  nodes,
  replicaSets,
  replicationControllers,
  serviceAccounts,
  services,
  statefulSets,
} from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { JobSpec } from '../../api/types/batch-v1.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import { startApiServer } from '../../apiserver/server.ts';
import { createClient, type RestClient } from '../../client/rest.ts';
import { startControllers } from '../../controllers/manager.ts';
import type { HttpHandler } from '../../platform/net/http.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import { MemoryKv } from '../model/memory-kv.ts';
import { SeededRandom, SimClock, SimTime } from '../sim/time.ts';

export const MINUTE_MS = 60_000;

/** A write of the controllers. */
interface Write {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
}

/** Who the controllers are to the API server. */
export const CONTROLLERS = 'controllers';

export class ControllersInVirtualTime {
  readonly #time = new SimTime();
  readonly #writes: Write[] = [];
  readonly #kv = new MemoryKv();
  #handler: HttpHandler | undefined;

  /** `before` does what is to be done before there are controllers. */
  async start(
    before: (admin: RestClient) => Promise<unknown>,
    outgoing?: OutgoingHttp,
  ): Promise<void> {
    const clock = new SimClock(this.#time);
    const called = outgoing === undefined ? {} : { outgoing };
    const kv = this.#kv;
    const server = startApiServer({ kv, clock, random: new SeededRandom(1), logger, ...called });
    this.#handler = server.handler;
    await this.played(server.ready());
    await this.played(before(this.admin));
    const counting: HttpHandler = (request) => {
      const { method, path } = request;
      if (method !== 'GET') this.#writes.push({ atMs: this.#time.now, method, path });
      return server.handler(request);
    };
    const controllers = await startControllers({
      ...{ client: this.#clientOf(counting, CONTROLLERS), clock, logger },
      ...{ random: new SeededRandom(2), controllers: ['*', '-node-lifecycle-controller'] },
      ...{ rootCa: 'PEM', freeze: true },
    });
    await this.played(controllers.ready());
    await this.#makeNode();
  }

  get admin(): RestClient {
    return this.#clientOf(this.#handler!, 'admin');
  }

  /** Whatever takes time, in virtual time. */
  async played<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const done = (): void => void (isOver = true);
    work.then(done, done);
    await this.#time.run(() => isOver, this.#time.now + MINUTE_MS);
    return work;
  }

  pass(ms: number): Promise<void> {
    return this.#time.run(() => false, this.#time.now + ms);
  }

  get nowMs(): number {
    return this.#time.now;
  }

  /** What the controllers wrote in one namespace, between two times. */
  writesIn(namespace: string, fromMs = 0, toMs = Infinity): readonly Write[] {
    return this.#writes.filter(
      ({ path, atMs }) =>
        path.includes(`/namespaces/${namespace}/`) && atMs >= fromMs && atMs < toMs,
    );
  }

  async reasons(namespace: string): Promise<readonly string[]> {
    const { items } = await this.played(this.admin.list(events, { namespace }));
    return items.map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** Past the API server's validation, as an earlier version of it may have let it through. */
  async store(key: string, object: object): Promise<void> {
    const request = { key, value: Buffer.from(JSON.stringify(object)) };
    await this.#kv.txn({ compare: [], success: [{ type: 'put', request }], failure: [] });
  }

  /** With the account that pods need, which the controllers may not make everywhere. */
  async makePlace(namespace: string, { withAccount = true } = {}): Promise<void> {
    await this.admin.create(namespaces, { metadata: { name: namespace }, spec: {} });
    if (!withAccount) return;
    const metadata = { namespace, name: 'default' };
    await this.admin.create(serviceAccounts, { metadata }).catch((error: unknown) => {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    });
  }

  async #makeNode(): Promise<void> {
    await this.played(
      this.admin.create(nodes, {
        metadata: { name: 'node1' },
        spec: {},
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      }),
    );
    // Nobody else takes its taint away.
    const type = 'application/merge-patch+json' as const;
    const body = { spec: { taints: null } };
    await this.played(this.admin.patch(nodes, { name: 'node1' }, { type, body }));
  }

  #clientOf(handler: HttpHandler, commonName: string): RestClient {
    const certificate = { commonName, organizations: ['system:masters'] };
    return createClient({
      handler: (request) => handler({ ...request, peer: { address: 'test', certificate } }),
      userAgent: commonName,
      clock: new SimClock(this.#time),
    });
  }
}

/** Makes an object "web" in the namespace. */
export type Make = (client: RestClient, namespace: string) => Promise<unknown>;

export const labels = { app: 'web' };
export const selector = { matchLabels: labels };
const container = { name: 'c', image: 'i' };
export const template: PodTemplateSpec = {
  metadata: { labels },
  spec: { containers: [container] },
};
export const jobSpec: JobSpec = {
  template: { spec: { restartPolicy: 'Never', containers: [container] } },
};

/** By their kinds: three pods each, of a DaemonSet one. */
export const workloads: Readonly<Record<string, Make>> = {
  replicaset: (client, namespace) =>
    client.create(replicaSets, {
      metadata: { namespace, name: 'web' },
      spec: { replicas: 3, selector, template },
    }),
  replicationcontroller: (client, namespace) =>
    client.create(replicationControllers, {
      metadata: { namespace, name: 'web' },
      spec: { replicas: 3, selector: labels, template },
    }),
  deployment: (client, namespace) =>
    client.create(deployments, {
      metadata: { namespace, name: 'web' },
      spec: { replicas: 3, selector, template },
    }),
  statefulset: (client, namespace) =>
    client.create(statefulSets, {
      metadata: { namespace, name: 'web' },
      spec: { replicas: 3, selector, template, serviceName: 'web' },
    }),
  daemonset: (client, namespace) =>
    client.create(daemonSets, {
      metadata: { namespace, name: 'web' },
      spec: { selector, template },
    }),
  job: (client, namespace) =>
    client.create(jobs, {
      metadata: { namespace, name: 'web' },
      spec: { parallelism: 3, completions: 3, ...jobSpec },
    }),
};

export const makeCronJob: Make = (client, namespace) =>
  client.create(cronJobs, {
    metadata: { namespace, name: 'web' },
    spec: { schedule: '* * * * *', jobTemplate: { spec: jobSpec } },
  });

export const makeService: Make = (client, namespace) =>
  client.create(services, {
    metadata: { namespace, name: 'web' },
    spec: { selector: labels, ports: [{ port: 80 }] },
  });
