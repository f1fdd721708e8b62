/**
 * One node's presence in the API server: its Node object, whose status is renewed when it
 * differs or every 5 minutes, and its Lease, renewed every 10 seconds. As a kubelet, the agent
 * makes its Node when it starts and never again: a Node deleted meanwhile stays away.
 */
import { uidOf } from '../api/meta.ts';
import { leases, nodes } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import { formatMicroTime, formatTime } from '../api/time.ts';
import type { Lease } from '../api/types/coordination-v1.ts';
import type { Node, NodeStatus } from '../api/types/core-v1.ts';
import type { Client } from '../client/interface.ts';
import { sleep } from '../platform/clock.ts';
import type { Effects } from '../platform/effects.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { LocalStorage } from './eviction/local-storage.ts';
import type { NodePressure } from './eviction/node-pressure.ts';
import type { Limiter } from './limiter.ts';
import type { NodeImages } from './node-images.ts';
import {
  newNode,
  nodeStatus,
  ownAnnotations,
  ownLabels,
  sameNodeStatus,
  type NodeSpecification,
} from './node-object.ts';
import type { VolumesInUse } from './volumes-in-use.ts';
import { laidOver, type StatusOverlay, withOverlay } from './stages/overlay.ts';

const HEARTBEAT_MS = 10_000;
/** Nodes of one process beat on these marks: what beats together is one write of the store. */
const BEAT_MARK_MS = 250;
const STATUS_REPORT_MS = 5 * 60_000;
const LEASE_SECONDS = 40;
const LEASE_NAMESPACE = 'kube-node-lease';
const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 7000;

export interface RegistrationOptions extends Effects {
  readonly client: Client;
  readonly limiter: Limiter;
  readonly specification: NodeSpecification;
  readonly pressure: NodePressure;
  readonly storage: LocalStorage;
  readonly volumes: VolumesInUse;
  readonly images: NodeImages;
  /** The node as last seen by watch. */
  readonly latest: () => Node | undefined;
}

export class NodeRegistration implements Running {
  readonly #options: RegistrationOptions;
  readonly #abort = new AbortController();
  #node: Node | undefined;
  #lease: Lease | undefined;
  #reportedAtMs = 0;
  #beating: Promise<void> | undefined;
  #overlay: StatusOverlay | undefined;
  /** A node that is to seem dead renews nothing. */
  #silent = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
  }

  /** Resolves when the Node is there and ready; tries until it is, or until `stop`. */
  async register(): Promise<void> {
    const { clock, logger, limiter, specification } = this.#options;
    const { signal } = this.#abort;
    for (
      let delayMs = FIRST_RETRY_MS;
      !signal.aborted;
      delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)
    ) {
      try {
        this.#node = await limiter.run(() => this.#createOrTakeOver());
        this.#reportedAtMs = clock.monotonic();
        this.#beating = this.#beat();
        return;
      } catch (error) {
        logger.warn({ err: error, node: specification.name }, 'node not registered; trying again');
        await sleep(clock, delayMs, signal);
      }
    }
  }

  /** Lays something over the status, from now on. */
  lay(overlay: StatusOverlay): void {
    this.#overlay = withOverlay(this.#overlay, overlay);
    if (!this.#silent) void this.#renewStatus().catch(() => {});
  }

  beat(on: boolean): void {
    this.#silent = !on;
  }

  #statusOf(node: Node): NodeStatus {
    const { clock, specification } = this.#options;
    const now = formatTime(clock.now());
    const { images, pressure } = this.#options;
    const state = { now, images, pressures: pressure.conditions };
    const { volumesInUse: _before, ...rest } = nodeStatus(specification, node.status, state);
    const { names } = this.#options.volumes;
    const status = names.length === 0 ? rest : { ...rest, volumesInUse: names };
    return laidOver(status, this.#overlay, { before: node.status, now });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#beating;
  }

  async #createOrTakeOver(): Promise<Node> {
    const { client, clock, specification } = this.#options;
    const now = formatTime(clock.now());
    try {
      return await client.create(nodes, newNode(specification, now));
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
    const found = await client.get(nodes, { name: specification.name });
    const labelled = await this.#ensureMetadata(found);
    return this.#writeStatus(labelled);
  }

  async #ensureMetadata(node: Node): Promise<Node> {
    const { client, specification } = this.#options;
    const labels = { ...specification.labels, ...ownLabels(specification) };
    const annotations = ownAnnotations(specification);
    type Texts = Readonly<Record<string, string>>;
    const has = (present: Texts | undefined, wanted: Texts): boolean =>
      Object.entries(wanted).every(([key, value]) => present?.[key] === value);
    if (has(node.metadata.labels, labels) && has(node.metadata.annotations, annotations))
      return node;
    return client.patch(
      nodes,
      { name: specification.name },
      { type: 'application/merge-patch+json', body: { metadata: { labels, annotations } } },
    );
  }

  async #writeStatus(node: Node): Promise<Node> {
    const { client, clock } = this.#options;
    const status = this.#statusOf(node);
    const updated = await client.update(nodes, { ...node, status }, { subresource: 'status' });
    this.#reportedAtMs = clock.monotonic();
    return updated;
  }

  async #beat(): Promise<void> {
    const { clock, random, limiter, logger, specification } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        if (!this.#silent) await limiter.run(() => this.#renewLease());
        this.#options.pressure.look();
        this.#options.storage.look();
        await this.#options.volumes.look();
        if (!this.#silent) await this.#renewStatus();
      } catch (error) {
        // The next beat is the next try: a Lease lasts four of them.
        logger.warn({ err: error, node: specification.name }, 'heartbeat failed');
      }
      // Up to 4 % of jitter keeps the nodes of a cluster from beating all in step.
      const now = clock.monotonic();
      const soonest = now + HEARTBEAT_MS + random.below(HEARTBEAT_MS / 25, 'heartbeat jitter');
      await sleep(clock, Math.ceil(soonest / BEAT_MARK_MS) * BEAT_MARK_MS - now, signal);
    }
  }

  async #renewLease(): Promise<void> {
    const { client, clock, specification } = this.#options;
    const { name } = specification;
    const ref = { namespace: LEASE_NAMESPACE, name };
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: formatMicroTime(clock.now()),
    };
    const owner = { apiVersion: 'v1', kind: 'Node', name, uid: uidOf(this.#node!) };
    const metadata = { ...ref, ownerReferences: [owner] };
    try {
      this.#lease ??= await client.get(leases, ref);
      const { resourceVersion } = this.#lease.metadata;
      const versioned = resourceVersion === undefined ? metadata : { ...metadata, resourceVersion };
      this.#lease = await client.update(leases, { ...this.#lease, metadata: versioned, spec });
    } catch (error) {
      this.#lease = undefined;
      if (isStatus(error, 'NotFound'))
        this.#lease = await client.create(leases, { metadata, spec });
      // Somebody else wrote it: read it again at once, a heartbeat must not wait.
      else if (isStatus(error, 'Conflict')) await this.#renewLeaseAfterConflict({ ...ref }, spec);
      else throw error;
    }
  }

  async #renewLeaseAfterConflict(
    ref: { namespace: string; name: string },
    spec: Lease['spec'],
  ): Promise<void> {
    const { client } = this.#options;
    const current = await client.get(leases, ref);
    this.#lease = await client.update(leases, { ...current, spec });
  }

  /** When it differs from what it should be (a controller marked the node silent), or is old. */
  async #renewStatus(): Promise<void> {
    const { clock, limiter, latest } = this.#options;
    const node = latest();
    if (node === undefined) return;
    const wanted = this.#statusOf(node);
    const due = clock.monotonic() - this.#reportedAtMs >= STATUS_REPORT_MS;
    if (!due && sameNodeStatus(wanted, node.status)) return;
    try {
      await limiter.run(() => this.#writeStatus(node));
    } catch (error) {
      if (!isStatus(error, 'Conflict') && !isStatus(error, 'NotFound')) throw error;
    }
  }
}
