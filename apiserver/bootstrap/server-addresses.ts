/**
 * Where the API servers of a cluster are reached: each renews a key of its own under
 * /registry/masterleases/, and writes what all keys say to the Endpoints and EndpointSlice of
 * the Service kubernetes. A server that stops takes its address out; one that dies loses its key,
 * and its address with it. An address that no Endpoints may have, as 127.0.0.1, is told to nobody.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import { resourcePath, type ResourceType } from '../../api/resource.ts';
import { endpoints, endpointSlices } from '../../api/resources.ts';
import { deepEqual } from '../../api/deep.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Running } from '../../platform/lifecycle.ts';
import { type Kv, prefixEnd } from '../../store/kv.ts';
import { validateEndpointIP } from '../registry/kinds/endpoint-ip.ts';
import type { SelfClient } from './self-client.ts';

const PREFIX = '/registry/masterleases/';
/** kube-apiserver's intervals. */
const TTL_SECONDS = 15;
const RENEW_MS = 10_000;
/** How long a stop may take to take the own address out; the others do so later anyway. */
const WITHDRAW_MS = 1_000;
/** Two servers that write the same objects: one of them reads again. */
const ATTEMPTS = 5;

export interface ServerAddress {
  /** An IP address other hosts can reach. */
  readonly address: string;
  readonly port: number;
}

export interface ServerAddressesOptions {
  readonly kv: Kv;
  /** What it is asked ends with the signal. */
  readonly client: (signal: AbortSignal) => SelfClient;
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

/** An Endpoints has no family; that of a slice cannot be changed. */
interface Slice extends KubernetesObject {
  readonly addressType?: string;
}

/** Of the slices after the first. */
const OWN_SLICE = /^kubernetes-ipv[46]-\d+$/;
const SERVICE_LABEL = 'kubernetes.io/service-name';

/**
 * A slice has one family and one set of ports: servers that differ in these have slices of their
 * own. The first is called as kube-apiserver calls its only one.
 */
function sliceObjects(servers: readonly ServerAddress[]): Slice[] {
  const alike = new Map<string, ServerAddress[]>();
  for (const server of servers) {
    const key = `${server.address.includes(':') ? 'ipv6' : 'ipv4'}-${server.port}`;
    alike.set(key, [...(alike.get(key) ?? []), server]);
  }
  if (servers.length === 0) alike.set('ipv4', []);
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
    ports: group.slice(0, 1).map(({ port }) => ({ name: 'https', port, protocol: 'TCP' })),
  }));
}

const withoutMetadata = (object: object): object => ({ ...object, metadata: undefined });

export class ServerAddresses implements Running {
  readonly #options: ServerAddressesOptions;
  readonly #key: string;
  /** False for addresses that only this host reaches. */
  readonly #isTold: boolean;
  readonly #client: SelfClient;
  readonly #stopping = new AbortController();
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ServerAddressesOptions) {
    const { own, client } = options;
    this.#options = options;
    this.#key = `${PREFIX}${own.address}:${own.port}`;
    this.#isTold = validateEndpointIP(own.address, 'ip').length === 0;
    this.#client = client(this.#stopped.signal);
  }

  start(): void {
    if (this.#running !== undefined) return;
    const { logger, own } = this.#options;
    if (!this.#isTold)
      logger.info({ address: own.address }, 'not told in the Endpoints of the Service kubernetes');
    this.#running = this.#run();
  }

  /** Takes the own address out, if the store still answers. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const { clock } = this.#options;
    const enough = new AbortController();
    const patience = sleep(clock, WITHDRAW_MS, enough.signal);
    await Promise.race([this.#withdraw(), patience]);
    enough.abort();
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.#isTold) await this.#register();
        await this.#publish(await this.#registered());
      } catch (error) {
        if (!signal.aborted) logger.warn({ error }, 'cannot publish the addresses of API servers');
      }
      await sleep(clock, RENEW_MS, signal);
    }
  }

  async #withdraw(): Promise<void> {
    await this.#running;
    if (this.#running === undefined || !this.#isTold) return;
    const { kv, logger } = this.#options;
    const remove = { type: 'deleteRange', request: { key: this.#key } } as const;
    try {
      await kv.txn({ compare: [], success: [remove], failure: [] });
      await this.#publish(await this.#registered());
    } catch (error) {
      logger.debug({ error }, 'the own address stays until it expires');
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
    const isAny = servers.length > 0;
    if (serves(endpoints)) await this.#write(endpoints, endpointsObject(servers), isAny);
    if (!serves(endpointSlices)) return;
    const slices = sliceObjects(servers);
    for (const slice of slices) await this.#write(endpointSlices, slice, isAny);
    await this.#removeSlices(new Set(slices.map(({ metadata }) => metadata.name!)));
  }

  /** Those of servers that are gone. */
  async #removeSlices(kept: ReadonlySet<string>): Promise<void> {
    const { namespace } = NAME;
    const list = await this.#client.get(resourcePath(endpointSlices, { namespace }));
    const { items = [] } = (list ?? {}) as { items?: readonly KubernetesObject[] };
    for (const { metadata } of items) {
      const name = metadata.name!;
      const own = metadata.labels?.[SERVICE_LABEL] === NAME.name && OWN_SLICE.test(name);
      if (!own || kept.has(name)) continue;
      await this.#client.delete(resourcePath(endpointSlices, { name, namespace }));
    }
  }

  async #write(type: ResourceType, wanted: Slice, mayCreate: boolean): Promise<void> {
    const at = { name: wanted.metadata.name!, namespace: NAME.namespace };
    const path = resourcePath(type, at);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found: Slice | undefined = await this.#client.get(path);
      if (found === undefined) {
        if (!mayCreate) return;
        if (await this.#client.create(resourcePath(type, { namespace: 'default' }), wanted)) return;
        continue;
      }
      if (found.addressType !== wanted.addressType) {
        await this.#client.delete(path);
        continue;
      }
      const changed = { ...found, ...wanted, metadata: found.metadata };
      if (deepEqual(withoutMetadata(changed), withoutMetadata(found))) return;
      if (await this.#client.update(path, changed)) return;
    }
  }
}
