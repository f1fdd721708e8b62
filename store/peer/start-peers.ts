/**
 * The other members over real connections.
 *
 * In: one listening port for what they send, one {@link Link} to each for what is sent to them,
 * connections of their own for snapshots. Out: etcd's peer protocol; members are of one kind.
 */
import type { Clock } from '../../platform/clock.ts';
import type {
  FrameConnection,
  FrameListening,
  FrameNetwork,
  FrameTls,
} from '../../platform/net/frames.ts';
import type { Headers, HttpHandler } from '../../platform/net/http.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RefusedConnection } from '../../platform/net/tls-terms.ts';
import { rotateTls } from '../../platform/crypto/tls-rotation.ts';
import { StoreError } from '../kv.ts';
import type { Message } from '../raft/message.ts';
import type {
  Answers,
  PeerAddress,
  Peers,
  PeerTraffic,
  PeersFactory,
  PeersOptions,
  Question,
} from '../replica/peers.ts';
import { headersOf, readHello } from './hello.ts';
import { receiveMessages } from './inbound.ts';
import { Link } from './link.ts';
import { PeerCounts } from './peer-counts.ts';
import { receiveChunks, sendChunks } from './snapshot-frames.ts';

const CONNECT_TIMEOUT_MS = 5000;

export interface PeerPortOptions {
  readonly network: FrameNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listen: readonly {
    readonly host: string;
    readonly port: number;
    readonly file?: string;
    readonly secure: boolean;
  }[];
  readonly tls?: FrameTls;
  /** What `tls` is by now: asked again and again. */
  readonly renewedTls?: () => Promise<FrameTls>;
  /** "3.6.0", for `GET /version`. */
  readonly version: string;
}

/** For {@link MemberOptions.peers}. */
export function peersOver(port: PeerPortOptions): PeersFactory {
  return async (options) => {
    const peers = new ConnectedPeers(port, options);
    await peers.listen();
    return peers;
  };
}

class ConnectedPeers implements Peers {
  readonly #port: PeerPortOptions;
  readonly #options: PeersOptions;
  readonly #links = new Map<string, Link>();
  /** Connections others have made, by member. */
  readonly #inbound = new Map<FrameConnection, string>();
  readonly #listening: FrameListening[] = [];
  #tls: FrameTls | undefined;
  #rotation: Running | undefined;
  readonly #counts = new Map<string, PeerCounts>();
  #removed: ReadonlySet<string> = new Set();
  #stopped: Promise<void> | undefined;

  constructor(port: PeerPortOptions, options: PeersOptions) {
    this.#port = port;
    this.#options = options;
    this.#tls = port.tls;
  }

  async listen(): Promise<void> {
    const { network, listen, tls } = this.#port;
    try {
      for (const { host, port, file, secure } of listen)
        this.#listening.push(
          await network.listen({
            host,
            port,
            ...(file !== undefined && { file }),
            http: this.#http(),
            ...(secure && tls !== undefined ? { tls } : {}),
            accept: (headers) => this.#accept(headers),
            onRefused: (connection) => this.#noteRefused(connection),
          }),
        );
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#keepTls();
  }

  #noteRefused({ address, serverName, reason }: RefusedConnection): void {
    const fields = { 'remote-addr': address, 'server-name': serverName, error: reason };
    this.#port.logger.warn(fields, 'rejected connection on peer endpoint');
  }

  #keepTls(): void {
    const { clock, logger, tls: current, renewedTls: next } = this.#port;
    if (current === undefined || next === undefined) return;
    const replace = (tls: FrameTls): void => {
      this.#tls = tls;
      for (const listening of this.#listening) listening.renew(tls);
    };
    this.#rotation = rotateTls({ clock, logger, current, next, replace });
  }

  #accept(headers: Headers): (connection: FrameConnection) => void {
    const { handlers, clusterId, memberId } = this.#options;
    const self = { clusterId, memberId };
    const { kind, from } = readHello(headers, self, (id) => this.#removed.has(id));
    return (connection) => {
      this.#inbound.set(connection, from);
      const served =
        kind === 'messages'
          ? receiveMessages(connection, handlers, { ...this.#port, counts: this.#countsOf(from) })
          : receiveChunks(connection, this.#port.clock, (chunks) =>
              this.#countsOf(from).snapshotsReceived.count(this.#port.clock, () =>
                handlers.receiveSnapshot(from, chunks),
              ),
            );
      void served.finally(() => this.#inbound.delete(connection));
    };
  }

  /** What a process that wants to join reads, and people. */
  #http(): HttpHandler {
    const json = (value: object) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(value)),
    });
    return ({ path }) => {
      if (path === '/members') return Promise.resolve(json(this.#options.members()));
      if (path === '/version') return Promise.resolve(json({ etcdserver: this.#port.version }));
      return Promise.resolve({ status: 404, headers: {}, body: Buffer.from('not found\n') });
    };
  }

  send(messages: readonly Message[]): void {
    const byMember = new Map<string, Message[]>();
    for (const message of messages) {
      const batch = byMember.get(message.to);
      if (batch === undefined) byMember.set(message.to, [message]);
      else batch.push(message);
    }
    for (const [id, batch] of byMember) this.#links.get(id)?.send(batch);
  }

  update(members: readonly PeerAddress[], removed: readonly string[]): void {
    if (this.#stopped !== undefined) return;
    this.#removed = new Set(removed);
    const present = new Set(members.map(({ id }) => id));
    for (const [id, link] of this.#links) {
      if (present.has(id)) continue;
      this.#links.delete(id);
      void link.stop();
    }
    for (const [connection, from] of this.#inbound) if (this.#removed.has(from)) connection.close();
    for (const { id, peerUrls } of members) {
      const link = this.#links.get(id);
      if (link !== undefined) link.urls = peerUrls;
      else if (id !== this.#options.memberId) this.#links.set(id, this.#linkTo(id, peerUrls));
    }
  }

  #linkTo(to: string, urls: readonly string[]): Link {
    const { handlers, clusterId, memberId: from } = this.#options;
    return new Link({
      ...this.#port,
      tls: () => this.#tls,
      urls,
      hello: { kind: 'messages', clusterId, from, to },
      counts: this.#countsOf(to),
      unreachable: () => handlers.unreachable(to),
      gone: () => handlers.gone(to),
      removed: () => handlers.removed(),
    });
  }

  async ask<T extends Question['type']>(
    to: string,
    question: Extract<Question, { type: T }>,
  ): Promise<Answers[T]> {
    const link = this.#links.get(to);
    if (link === undefined) throw new StoreError('noLeader');
    return (await link.ask(question)) as Answers[T];
  }

  sendSnapshot(to: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#countsOf(to).snapshotsSent.count(this.#port.clock, () =>
      this.#sendSnapshot(to, chunks),
    );
  }

  async #sendSnapshot(to: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { network } = this.#port;
    const tls = this.#tls;
    const { clusterId, memberId: from } = this.#options;
    const url = this.#links.get(to)?.urls[0];
    if (url === undefined) throw new StoreError('unavailable', { detail: 'not connected' });
    const connection = await network.connect({
      url,
      hello: headersOf({ kind: 'snapshot', clusterId, from, to }),
      timeoutMs: CONNECT_TIMEOUT_MS,
      ...(tls === undefined ? {} : { tls }),
    });
    await sendChunks(connection, chunks, this.#port.clock);
  }

  #countsOf(id: string): PeerCounts {
    const counts = this.#counts.get(id) ?? new PeerCounts(id);
    this.#counts.set(id, counts);
    return counts;
  }

  /** Of those who belong to the cluster. */
  traffic(): readonly PeerTraffic[] {
    return [...this.#links.keys()].map((id) => this.#countsOf(id));
  }

  async tried(id: string): Promise<void> {
    await this.#links.get(id)?.tried;
  }

  connectedSince(id: string): number | undefined {
    return this.#links.get(id)?.connectedSince;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    for (const connection of this.#inbound.keys()) connection.close();
    const running = [...this.#listening, ...this.#links.values()];
    await Promise.all([this.#rotation?.stop(), ...running.map((each) => each.stop())]);
  }
}
