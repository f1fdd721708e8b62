import type { KubernetesObject } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Informer } from '../../client/informer-interface.ts';
import type { ItemBackoff } from '../../client/rate-limiter.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import {
  type Controller,
  type ControllerContext,
  type ReconcileResult,
  recorderFor,
  serves,
} from './controller.ts';

/** What controllers that remember something begin with: a queue, caches, and a hand for events. */
export abstract class BaseController implements Controller {
  abstract readonly name: string;
  readonly queue: WorkQueue;
  readonly informers: Controller['informers'][number][] = [];
  protected readonly context: ControllerContext;
  readonly #recorders: EventRecorder[] = [];

  /** Without a backoff of its own the queue has its default. */
  constructor(context: ControllerContext, backoff?: ItemBackoff) {
    this.context = context;
    this.queue = new WorkQueue({ clock: context.clock, ...(backoff && { backoff }) });
  }

  abstract reconcile(key: string): Promise<ReconcileResult | undefined>;

  /** The cache of a resource: it is synced before the first key is reconciled. */
  protected informerOf<T extends KubernetesObject>(type: ResourceType<T>): Informer<T> {
    const informer = this.context.informers.of(type);
    this.informers.push(informer);
    return informer;
  }

  /** Undefined where the server does not have the resource. */
  protected informerIfServed<T extends KubernetesObject>(
    type: ResourceType<T>,
  ): Informer<T> | undefined {
    return serves(this.context, type) ? this.informerOf(type) : undefined;
  }

  /** Writes events as this component, until the controller stops. */
  protected recorderAs(component: string): EventRecorder {
    const recorder = recorderFor(this.context, component);
    this.#recorders.push(recorder);
    return recorder;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#recorders.map((recorder) => recorder.stop()));
  }
}
