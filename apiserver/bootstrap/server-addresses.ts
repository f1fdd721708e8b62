/**
 * Where the API servers of a cluster are reached: each renews a key of its own under
 * /registry/masterleases/, and writes what all keys say to the Endpoints and EndpointSlice of
 * the Service kubernetes. A server that dies loses its key, and its address with it.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import { resourcePath, type ResourceType } from '../../api/resource.ts';
import { endpoints, endpointSlices } from '../../api/resources.ts';
import { deepEqual } from '../../api/deep.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Running } from '../../platform/lifecycle.ts';
import { type Kv, prefixEnd } from '../../store/kv.ts';
import type { SelfClient } from './self-client.ts';

const PREFIX = '/registry/masterleases/';
/** kube-apiserver's intervals. */
const TTL_SECONDS = 15;
const RENEW_MS = 10_000;
/** How long a stop waits for the store to forget the own address; its lease does so anyway. */
const FORGET_MS = 1_000;
/** Two servers that write the same objects: one of them reads again. */
const ATTEMPTS = 5;

export interface ServerAddress {
  /** An IP address other hosts can reach. */
  readonly address: string;
  readonly port: number;
}

export interface ServerAddressesOptions {
  readonly kv: Kv;
  readonly client: SelfClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly own: ServerAddress;
  readonly serves: (type: ResourceType) => boolean;
}

const NAME = { name: 'kubernetes', namespace: 'default' };

function endpointsObject(servers: readonly ServerAddress[]): KubernetesObject {
  const ports = [...new Set(servers.map((server) => server.port))];
  const subsets = ports.map((port) => ({
    addresses: servers.filter((s) => s.port === port).map(({ address }) => ({ ip: address })),
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }));
  const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  const object = { apiVersion: 'v1', kind: 'Endpoints', metadata: { ...NAME, labels }, subsets };
  return object;
}

/** Of the slices after the first. */
const OWN_SLICE = /^kubernetes-ipv[46]-\d+$/;
const SERVICE_LABEL = 'kubernetes.io/service-name';

/**
 * A slice has one family and one set of ports: servers that differ in these have slices of their
 * own. The first is called as kube-apiserver calls its only one.
 */
function sliceObjects(servers: readonly ServerAddress[]): KubernetesObject[] {
  const alike = new Map<string, ServerAddress[]>();
  for (const server of servers) {
    const key = `${server.address.includes(':') ? 'ipv6' : 'ipv4'}-${server.port}`;
    alike.set(key, [...(alike.get(key) ?? []), server]);
  }
  return [...alike].map(([key, group], i) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: i === 0 ? NAME.name : `${NAME.name}-${key}`,
      namespace: NAME.namespace,
      labels: { [SERVICE_LABEL]: NAME.name },
    },
    addressType: key.startsWith('ipv6') ? 'IPv6' : 'IPv4',
    endpoints: group.map(({ address }) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'https', port: group[0]!.port, protocol: 'TCP' }],
  }));
}

const withoutMetadata = (object: object): object => ({ ...object, metadata: undefined });

export class ServerAddresses implements Running {
  readonly #options: ServerAddressesOptions;
  readonly #key: string;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ServerAddressesOptions) {
    this.#options = options;
    this.#key = `${PREFIX}${options.own.address}:${options.own.port}`;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Takes the own address back, if the store still answers. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    if (this.#running === undefined) return;
    const remove = { type: 'deleteRange', request: { key: this.#key } } as const;
    const { kv, clock, logger } = this.#options;
    const forgotten = kv
      .txn({ compare: [], success: [remove], failure: [] })
      .catch((error: unknown) => logger.debug({ error }, 'the own address stays until it expires'));
    await Promise.race([forgotten, sleep(clock, FORGET_MS)]);
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#register();
        await this.#publish(await this.#registered());
      } catch (error) {
        if (!signal.aborted) logger.warn({ error }, 'cannot publish the addresses of API servers');
      }
      await sleep(clock, RENEW_MS, signal);
    }
  }

  async #register(): Promise<void> {
    const { kv, own } = this.#options;
    const { id } = await kv.leaseGrant(TTL_SECONDS);
    const value = Buffer.from(JSON.stringify(own));
    const put = { type: 'put', request: { key: this.#key, value, lease: id } } as const;
    await kv.txn({ compare: [], success: [put], failure: [] });
  }

  async #registered(): Promise<ServerAddress[]> {
    const { kvs } = await this.#options.kv.range({ key: PREFIX, rangeEnd: prefixEnd(PREFIX) });
    return kvs.map(({ value }) => JSON.parse(Buffer.from(value).toString()) as ServerAddress);
  }

  async #publish(servers: readonly ServerAddress[]): Promise<void> {
    const { serves } = this.#options;
    if (serves(endpoints)) await this.#write(endpoints, endpointsObject(servers));
    if (!serves(endpointSlices)) return;
    const slices = sliceObjects(servers);
    for (const slice of slices) await this.#write(endpointSlices, slice);
    await this.#removeSlices(new Set(slices.map(({ metadata }) => metadata.name!)));
  }

  /** Those of servers that are gone. */
  async #removeSlices(kept: ReadonlySet<string>): Promise<void> {
    const { client } = this.#options;
    const { namespace } = NAME;
    const list = await client.get(resourcePath(endpointSlices, { namespace }));
    const { items = [] } = (list ?? {}) as { items?: readonly KubernetesObject[] };
    for (const { metadata } of items) {
      const name = metadata.name!;
      const own = metadata.labels?.[SERVICE_LABEL] === NAME.name && OWN_SLICE.test(name);
      if (!own || kept.has(name)) continue;
      await client.delete(resourcePath(endpointSlices, { name, namespace }));
    }
  }

  async #write(type: ResourceType, wanted: KubernetesObject): Promise<void> {
    const { client } = this.#options;
    const at = { name: wanted.metadata.name!, namespace: NAME.namespace };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found: KubernetesObject | undefined = await client.get(resourcePath(type, at));
      if (found === undefined) {
        if (await client.create(resourcePath(type, { namespace: 'default' }), wanted)) return;
        continue;
      }
      const changed = { ...found, ...wanted, metadata: found.metadata };
      if (deepEqual(withoutMetadata(changed), withoutMetadata(found))) return;
      if (await client.update(resourcePath(type, at), changed)) return;
    }
  }
}
