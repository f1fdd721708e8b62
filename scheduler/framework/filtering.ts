import type { Cycle, FilterPlugin, NodeStatuses, PreFilterExtensions, Trial } from './interface.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { failedWhile, failure, namedBy, type Status } from './status.ts';
import { NodeMemo } from './verdict-memo.ts';

const named = (status: Status, { name }: FilterPlugin): Status =>
  namedBy(failedWhile(`running "${name}" filter plugin`, status), name);

/** Verdicts on the nodes of one cluster. Those of pods with a signature outlive their cycle. */
export class Verdicts {
  readonly nodes: readonly NodeInfo[];
  readonly #memo: NodeMemo<Status | undefined> | undefined;
  /** Of nodes that were asked: with an old answer where `#memo` has none. */
  readonly #rejections = new Map<string, Status>();

  constructor(nodes: readonly NodeInfo[], remember: boolean) {
    this.nodes = nodes;
    this.#memo = remember ? new NodeMemo(nodes) : undefined;
  }

  /** By name; right once every node was asked. Read it before the next cycle. */
  get rejections(): NodeStatuses {
    return this.#rejections;
  }

  /** What the node said when it was as it is, or says now. */
  ask(index: number, filtering: Filtering): Status | undefined {
    const node = this.nodes[index]!;
    const own = filtering.nominated === node.name;
    if (!own && this.#memo?.has(index)) return this.#memo.get(index);
    const status = filtering.filter(node);
    if (status === undefined) this.#rejections.delete(node.name);
    else this.#rejections.set(node.name, status);
    // The room that is kept for this pod is kept from others; and a failure may pass.
    if (own || status?.code === 'Error') this.#memo?.forget(index);
    else this.#memo?.set(index, status);
    return status;
  }
}

/** The Filter plugins of one cycle, and changes of the cluster on trial that they see. */
export class Filtering implements Trial {
  readonly verdicts: Verdicts;
  /** Pods with the same one fare alike on every node; undefined: nobody knows. */
  readonly signature: string | undefined;
  readonly #cycle: Cycle;
  readonly #filters: readonly FilterPlugin[];
  readonly #foresighted: readonly FilterPlugin[];
  readonly #extensions: readonly PreFilterExtensions[];

  constructor(
    cycle: Cycle,
    filters: readonly FilterPlugin[],
    more: {
      readonly extensions: readonly PreFilterExtensions[];
      readonly verdicts: Verdicts;
      readonly signature: string | undefined;
    },
  ) {
    this.#cycle = cycle;
    this.#filters = filters;
    this.#foresighted = filters.filter((each) => 'refusesWith' in each);
    this.#extensions = more.extensions;
    this.verdicts = more.verdicts;
    this.signature = more.signature;
  }

  /** The node on which room was made for the pod. */
  get nominated(): string | undefined {
    return this.#cycle.cluster.nominations.nodeOf(this.#cycle.pod.uid);
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
        status = failure(error);
      }
      if (status !== undefined) return named(status, plugin);
    }
    return undefined;
  }
}
