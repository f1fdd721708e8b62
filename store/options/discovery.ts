/**
 * How first members find each other through a running store, as etcd's v3 discovery does it: under
 * `/_etcd/registry/<token>` somebody has noted how many they are, and each notes itself.
 */
import { sleep, type Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { Endpoints } from '../client/endpoints.ts';
import { encodeMessage, decodeMessage, type Plain } from '../grpc/schema/codec.ts';
import { prefixEnd, StoreError } from '../kv.ts';
import { memberIdOf, type Sha1 } from '../replica/identity.ts';
import { clusterEntries, type ClusterEntry } from './cluster-entries.ts';
import type { DiscoveryFlags } from './discovery-flags.ts';
import { FlagError } from './flag-error.ts';
import { readFlagFile } from './tls-files.ts';

export interface DiscoveryOptions {
  readonly flags: DiscoveryFlags & {
    readonly name: string;
    readonly initialAdvertisePeerUrls: readonly string[];
  };
  readonly sha1: Sha1;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the wait for others. */
  readonly signal: AbortSignal;
}

const REGISTRY = '/_etcd/registry';
/** How often it is looked who has come. */
const POLL_MS = 500;
/** A service that does not answer is asked again after 2 s, 4 s, and so on until this. */
const LONGEST_BACKOFF_MS = 256_000;

interface Registered {
  readonly key: string;
  readonly text: string;
  readonly createRevision: number;
}

/** Rejects with {@link FlagError}, in etcd's words where this member cannot be one of them. */
export async function discoverCluster(options: DiscoveryOptions): Promise<ClusterEntry[]> {
  const registry = await Registry.open(options);
  try {
    return await joined(registry, options);
  } finally {
    registry.close();
  }
}

async function joined(registry: Registry, options: DiscoveryOptions): Promise<ClusterEntry[]> {
  const { flags, sha1, clock, logger, signal } = options;
  const { name, initialAdvertisePeerUrls: urls, discoveryToken: token = '' } = flags;
  const id = BigInt(memberIdOf(urls, token, sha1)).toString(16);
  const own = `${registry.members}/${id}`;
  const checked = async (): Promise<{ size: number; members: Registered[] }> => {
    const size = await registry.size();
    const members = (await registry.registered()).slice(0, size);
    if (members.length === size && !members.some(({ key }) => key === own))
      throw refusal('cluster is full');
    return { size, members };
  };
  await checked();
  await registry.register(
    own,
    [...urls]
      .sort()
      .map((url) => `${name}=${url}`)
      .join(),
  );
  let known = 0;
  for (;;) {
    const { size, members } = await checked();
    if (members.length !== known)
      logger.info({ clusterSize: size, found: members.length }, 'peers of the discovery service');
    known = members.length;
    if (known === size) return entriesOf(members);
    await sleep(clock, POLL_MS, signal);
    if (signal.aborted) throw new FlagError('stopped while waiting for peers to be discovered');
  }
}

function entriesOf(members: readonly Registered[]): ClusterEntry[] {
  try {
    return members.flatMap(({ text }) => clusterEntries(text));
  } catch (error) {
    throw refusal('invalid peer URL', error);
  }
}

const refusal = (reason: string, cause?: unknown): FlagError =>
  new FlagError(`failed to join discovery cluster (discovery: ${reason})`, { cause });

/** Of a field of text or bytes. */
const textOf = (value: Plain[string]): string => Buffer.from((value ?? '') as string).toString();

/** What is noted of one new cluster. */
class Registry {
  readonly #endpoints: Endpoints;
  readonly #options: DiscoveryOptions;
  readonly #path: string;
  #token: string | undefined;

  private constructor(endpoints: Endpoints, options: DiscoveryOptions) {
    this.#endpoints = endpoints;
    this.#options = options;
    this.#path = `${REGISTRY}/${options.flags.discoveryToken ?? ''}`;
  }

  static async open(options: DiscoveryOptions): Promise<Registry> {
    const { flags, clock, logger } = options;
    const file = async (flag: string, path?: string): Promise<string | undefined> =>
      path === undefined ? undefined : readFlagFile(flag, path);
    const tls = {
      ca: await file('discovery-cacert', flags.discoveryCacert),
      certificate: await file('discovery-cert', flags.discoveryCert),
      privateKey: await file('discovery-key', flags.discoveryKey),
      insecureSkipVerify: flags.discoveryInsecureSkipTlsVerify,
    };
    const isSecure =
      !flags.discoveryInsecureTransport || Object.values(tls).some((each) => Boolean(each));
    const endpoints = flags.discoveryEndpoints.map((endpoint) =>
      /^https?:\/\//.test(endpoint) ? endpoint : `http${isSecure ? 's' : ''}://${endpoint}`,
    );
    try {
      return new Registry(new Endpoints({ endpoints, tls, clock, logger }), options);
    } catch (error) {
      throw new FlagError(`--discovery-endpoints: ${(error as Error).message}`, { cause: error });
    }
  }

  get members(): string {
    return `${this.#path}/members`;
  }

  async size(): Promise<number> {
    const [pair] = await this.#range({ key: Buffer.from(`${this.#path}/_config/size`) });
    if (pair === undefined) throw refusal('size key not found');
    const size = /^[+]?\d+$/.test(pair.text) ? Number(pair.text) : 0;
    if (size < 1 || !Number.isSafeInteger(size)) throw refusal('size key is bad');
    return size;
  }

  /** In the order in which they came. */
  async registered(): Promise<Registered[]> {
    const key = `${this.members}/`;
    const end = Buffer.from(prefixEnd(key), 'latin1');
    const pairs = await this.#range({ key: Buffer.from(key), range_end: end });
    return pairs
      .filter(({ text }) => text.includes('='))
      .sort((a, b) => a.createRevision - b.createRevision);
  }

  async register(key: string, text: string): Promise<void> {
    const request = { key: Buffer.from(key), value: Buffer.from(text) };
    await this.#call('/etcdserverpb.KV/Put', encodeMessage('PutRequest', request));
  }

  async #range(request: Plain): Promise<Registered[]> {
    const bytes = encodeMessage('RangeRequest', request);
    const answer = decodeMessage(
      'RangeResponse',
      await this.#call('/etcdserverpb.KV/Range', bytes),
    );
    return ((answer['kvs'] ?? []) as readonly Plain[]).map((pair) => ({
      key: textOf(pair['key']),
      text: textOf(pair['value']).trim(),
      createRevision: Number(pair['create_revision']),
    }));
  }

  /** Asks until there is an answer: what is written is the same every time. */
  async #call(path: string, request: Buffer): Promise<Buffer> {
    const { clock, logger, signal } = this.#options;
    for (let backoffMs = 2000; ; backoffMs = Math.min(2 * backoffMs, LONGEST_BACKOFF_MS)) {
      try {
        this.#token ??= await this.#authenticated();
        return await this.#send(path, request);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.reason === 'authFailed') throw refusal(error.message, error);
        // It may have been that of a server which was started anew.
        this.#token = undefined;
        const fields = { reason: error.message, backoff: `${backoffMs / 1000}s` };
        logger.warn(fields, 'retry connecting to discovery service');
      }
      await sleep(clock, backoffMs, signal);
      if (signal.aborted) throw new FlagError('stopped while the discovery service was awaited');
    }
  }

  #send(path: string, request: Buffer): Promise<Buffer> {
    const timeoutMs = this.#options.flags.discoveryRequestTimeout;
    const authorization = this.#token === '' ? undefined : this.#token;
    return this.#endpoints.call(path, request, { repeatable: true, timeoutMs, authorization });
  }

  /** Empty: as nobody. */
  async #authenticated(): Promise<string> {
    const { discoveryUser: user = '', discoveryPassword } = this.#options.flags;
    if (user === '') return '';
    const [, name = user, password = ''] = /^([^:]*):(.*)$/s.exec(user) ?? [];
    const credentials = { name, password: discoveryPassword ?? password };
    const request = encodeMessage('AuthenticateRequest', credentials);
    const answer = await this.#send('/etcdserverpb.Auth/Authenticate', request);
    return textOf(decodeMessage('AuthenticateResponse', answer)['token']);
  }

  close(): void {
    this.#endpoints.close();
  }
}
