import { nameOf } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { nodes, pods } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Client } from '../../client/interface.ts';
import { sleep, type Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Limiter } from '../limiter.ts';
import type { StatusOverlay } from './overlay.ts';
import type { ContainerAct, Stage, StageNext } from './stage.ts';

/** What one node lets stages do. */
export interface StagedNode {
  readonly recorder: EventRecorder;
  /** False if nothing of that pod is simulated here. */
  act(pod: Pod, act: ContainerAct): boolean;
  overlayPod(pod: Pod, overlay: StatusOverlay): void;
  overlayNode(overlay: StatusOverlay): void;
  beat(on: boolean): void;
}

export interface StageEffectsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limiter: Limiter;
  readonly nodeOf: (name: string) => StagedNode | undefined;
}

const MAX_TRIES = 5;
const RETRY_MS = 1000;

/** Does what a stage says of one object. */
export class StageEffects {
  readonly #options: StageEffectsOptions;
  readonly #abort = new AbortController();
  readonly #writing = new Set<Promise<void>>();

  constructor(options: StageEffectsOptions) {
    this.#options = options;
  }

  toPod(stage: Stage, pod: Pod): void {
    const node = this.#options.nodeOf(pod.spec.nodeName ?? '');
    if (node === undefined || this.#abort.signal.aborted) return;
    const { name, next } = stage;
    if (next.event !== undefined) node.recorder.record(pod, next.event);
    if (next.status !== undefined) node.overlayPod(pod, next.status);
    const refused = (next.containers ?? []).filter((act) => !node.act(pod, act));
    if (refused.length > 0)
      node.recorder.record(pod, {
        type: 'Warning',
        reason: 'StageRefused',
        message: `Stage ${name} is for simulated containers that run`,
      });
    this.#change(pods, stage, pod);
  }

  toNode(stage: Stage, object: Node): void {
    const node = this.#options.nodeOf(object.metadata.name ?? '');
    if (node === undefined || this.#abort.signal.aborted) return;
    const { event, status, heartbeats } = stage.next;
    // Of a Node, events are known by its name.
    const about = { kind: 'Node', apiVersion: 'v1', name: nameOf(object), uid: nameOf(object) };
    if (event !== undefined) node.recorder.record(about, event);
    if (status !== undefined) node.overlayNode(status);
    if (heartbeats !== undefined) node.beat(heartbeats);
    this.#change(nodes, stage, object);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#writing);
  }

  #change<T extends Pod | Node>(type: ResourceType<T>, stage: Stage, object: T): void {
    if (!changesObject(stage.next)) return;
    const writing = this.#write(type, stage, object);
    this.#writing.add(writing);
    void writing.finally(() => this.#writing.delete(writing));
  }

  async #write<T extends Pod | Node>(
    type: ResourceType<T>,
    { name, next }: Stage,
    object: T,
  ): Promise<void> {
    const { clock, limiter, logger } = this.#options;
    const { signal } = this.#abort;
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        await limiter.run(() => this.#writeOnce(type, next, object));
        return;
      } catch (error) {
        if (isStatus(error, 'NotFound')) return;
        const fields = { err: error, stage: name, object: nameOf(object) };
        if (tries === MAX_TRIES) return logger.error(fields, 'a stage could not be carried out');
        if (!isStatus(error, 'Conflict')) logger.warn(fields, 'a stage waits for the API server');
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  async #writeOnce<T extends Pod | Node>(
    type: ResourceType<T>,
    next: StageNext,
    object: T,
  ): Promise<void> {
    const { client } = this.#options;
    const { namespace, name = '', uid } = object.metadata;
    const ref = namespace === undefined ? { name } : { namespace, name };
    const { labels, annotations, finalizers } = next;
    if (labels !== undefined || annotations !== undefined || finalizers !== undefined) {
      const current = await client.get(type, ref);
      if (current.metadata.uid !== uid) return;
      const { resourceVersion, finalizers: held = [] } = current.metadata;
      const wanted = finalizers && finalizersAfter(held, finalizers);
      // Of a list a merge patch takes all or nothing: it holds for the version it was made from.
      const version = wanted === undefined ? {} : { resourceVersion, finalizers: wanted };
      const body = { metadata: { uid, labels, annotations, ...version } };
      await client.patch(type, ref, { type: 'application/merge-patch+json', body });
    }
    if (next.delete === true)
      await client.delete(type, ref, uid === undefined ? {} : { preconditions: { uid } });
  }
}

const changesObject = ({ labels, annotations, finalizers, delete: gone }: StageNext): boolean =>
  labels !== undefined || annotations !== undefined || finalizers !== undefined || gone === true;

function finalizersAfter(
  held: readonly string[],
  { add, remove, empty }: NonNullable<StageNext['finalizers']>,
): string[] {
  const kept = empty ? [] : held.filter((each) => !remove.includes(each));
  return [...new Set([...kept, ...add])];
}
