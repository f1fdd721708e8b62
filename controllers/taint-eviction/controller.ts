/**
 * Taint eviction: deletes the pods of a node with NoExecute taints as soon as they tolerate them
 * no longer. A pod's time runs from when this process first saw it under such a taint.
 */
import { keyOf, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { nodes as nodeType, pods as podType } from '../../api/resources.ts';
import { deepEqual } from '../../api/deep.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { disruptPod } from '../runtime/disrupt-pod.ts';
import { indexByNode, NODE_INDEX } from '../runtime/pods-by-node.ts';
import { evictingTaints, toleratedMs } from './plan.ts';

const NAME = 'taint-eviction-controller';
const CAUSE = {
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
};

export function taintEvictionController(context: ControllerContext): Controller {
  return new TaintEvictionController(context);
}

class TaintEvictionController extends BaseController {
  readonly name = NAME;
  readonly #nodes = this.informerOf(nodeType);
  readonly #pods = this.informerOf(podType);
  readonly #recorder = this.recorderAs(NAME);
  /** By uid: pods that are to go, and when (monotonic) their time began; -Infinity: it is over. */
  readonly #since = new Map<string, number>();

  constructor(context: ControllerContext) {
    super(context);
    indexByNode(this.#pods);
    this.#nodes.addHandler({
      added: (node) => {
        if (evictingTaints(node.spec?.taints).length > 0) this.#enqueuePodsOf(node);
      },
      updated: (old, node) => {
        const before = evictingTaints(old.spec?.taints);
        if (!deepEqual(before, evictingTaints(node.spec?.taints))) this.#enqueuePodsOf(node);
      },
    });
    this.#pods.addHandler({
      added: (pod) => this.#consider(pod),
      updated: (_, pod) => this.#consider(pod),
      deleted: (pod) => this.#callOff(pod),
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const pod = this.#pods.lister.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
    const uid = uidOf(pod);
    const ms = toleratedMs(pod, this.#taintsOn(pod));
    // A taint that is not tolerated at all does not wait for the time of another.
    if (ms === Infinity || ms === 0) this.#callOff(pod);
    if (ms === Infinity) return undefined;
    const now = this.context.clock.monotonic();
    const since = this.#since.get(uid) ?? now;
    this.#since.set(uid, since);
    const left = since + ms - now;
    if (left > 0) return { requeueAfterMs: left };
    this.#since.set(uid, -Infinity);
    this.#tell(pod, 'Marking for deletion');
    const { client, clock } = this.context;
    await disruptPod({ client, nowMs: clock.now() }, pod, { cause: CAUSE });
    return undefined;
  }

  /** The pod is not to go any more, or not at that time. */
  #callOff(pod: Pod): void {
    const since = this.#since.get(uidOf(pod)) ?? -Infinity;
    this.#since.delete(uidOf(pod));
    if (since > -Infinity) this.#tell(pod, 'Cancelling deletion of');
  }

  #taintsOn({ spec }: Pod) {
    const node = spec.nodeName ? this.#nodes.lister.get(spec.nodeName) : undefined;
    return evictingTaints(node?.spec?.taints);
  }

  #consider(pod: Pod): void {
    if (!pod.spec.nodeName) return;
    if (this.#since.has(uidOf(pod)) || this.#taintsOn(pod).length > 0) this.queue.add(keyOf(pod));
  }

  #enqueuePodsOf(node: Node): void {
    for (const pod of this.#pods.lister.byIndex(NODE_INDEX, nameOf(node)))
      this.queue.add(keyOf(pod));
  }

  #tell(pod: Pod, what: string): void {
    const message = `${what} Pod ${namespaceOf(pod)}/${nameOf(pod)}`;
    this.#recorder.record(pod, { type: 'Normal', reason: 'TaintManagerEviction', message });
  }
}
