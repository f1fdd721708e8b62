import type { Cycle, FilterPlugin, PreFilterExtensions, Trial } from './interface.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { failure, namedBy, type Status } from './status.ts';

/** The Filter plugins of one cycle, and changes of the cluster on trial that they see. */
export class Filtering implements Trial {
  readonly #cycle: Cycle;
  readonly #filters: readonly FilterPlugin[];
  readonly #foresighted: readonly FilterPlugin[];
  readonly #extensions: readonly PreFilterExtensions[];

  constructor(
    cycle: Cycle,
    filters: readonly FilterPlugin[],
    extensions: readonly PreFilterExtensions[],
  ) {
    this.#cycle = cycle;
    this.#filters = filters;
    this.#foresighted = filters.filter((each) => 'refusesWith' in each);
    this.#extensions = extensions;
  }

  remove(pod: PodInfo, node: NodeInfo): void {
    this.#cycle.cluster.tryRemoval(pod, node);
    for (const plugin of this.#extensions) plugin.podRemoved(this.#cycle, pod, node);
  }

  add(pod: PodInfo, node: NodeInfo): void {
    this.#cycle.cluster.tryAddition(pod, node);
    for (const plugin of this.#extensions) plugin.podAdded(this.#cycle, pod, node);
  }

  refusesWith(node: NodeInfo, added: PodInfo): boolean {
    for (const plugin of this.#foresighted) {
      try {
        if (plugin.refusesWith!(this.#cycle, node, added)) return true;
      } catch {
        // The trial itself will tell.
      }
    }
    return false;
  }

  /**
   * The first rejection, in the order of the profile. Where pods of the same or a higher priority
   * are nominated, the pod has to fit beside them and, as they may never come, without them.
   */
  filter(node: NodeInfo): Status | undefined {
    const { pod, cluster } = this.#cycle;
    const nominated = cluster.nominations.on(node.name);
    if (nominated.length > 0) {
      const rivals = nominated
        .filter(({ uid, priority }) => uid !== pod.uid && priority >= pod.priority)
        .filter(({ uid }) => !node.pods.has(uid));
      for (const rival of rivals) this.add(rival, node);
      const status = rivals.length > 0 ? this.#run(node) : undefined;
      for (const rival of rivals) this.remove(rival, node);
      if (status !== undefined) return status;
    }
    return this.#run(node);
  }

  #run(node: NodeInfo): Status | undefined {
    for (const plugin of this.#filters) {
      let status: Status | undefined;
      try {
        status = plugin.filter(this.#cycle, node);
      } catch (error) {
        return failure(error, plugin.name);
      }
      if (status !== undefined) return namedBy(status, plugin.name);
    }
    return undefined;
  }
}
