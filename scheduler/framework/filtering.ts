import type { Cycle, FilterPlugin, NodeStatuses, PreFilterExtensions, Trial } from './interface.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { failedWhile, failure, namedBy, type Status } from './status.ts';
import { NodeMemo, type Signature } from './verdict-memo.ts';

function named(status: Status, { name }: FilterPlugin): Status {
  const failed = status.code === 'Error';
  return namedBy(failed ? failedWhile(`running "${name}" filter plugin`, status) : status, name);
}

/** Verdicts on the nodes of one cluster, for pods of one signature. They outlive their cycle. */
export class Verdicts {
  readonly nodes: readonly NodeInfo[];
  /** What the filters said that the signature speaks for. */
  readonly #memo: NodeMemo<Status | undefined>;
  /** Of nodes that were asked: with an old answer where `#memo` has none. */
  readonly #rejections = new Map<string, Status>();
  /** The same by index: most nodes say what they said to the pod before. */
  readonly #said: (Status | undefined)[];

  constructor(nodes: readonly NodeInfo[]) {
    this.nodes = nodes;
    this.#memo = new NodeMemo(nodes);
    this.#said = new Array<Status | undefined>(nodes.length).fill(undefined);
  }

  /** By name; right once every node was asked. Read it before the next cycle. */
  get rejections(): NodeStatuses {
    return this.#rejections;
  }

  /** What the node said when it was as it is, or says now. */
  ask(index: number, filtering: Filtering): Status | undefined {
    const node = this.nodes[index]!;
    if (!filtering.remembers(node)) {
      this.#memo.forget(index);
      return this.#note(index, filtering.filter(node));
    }
    const known = this.#memo.has(index);
    const first = known ? this.#memo.get(index) : filtering.filterFirst(node);
    // A failure may pass.
    if (first?.code === 'Error') this.#memo.forget(index);
    else if (!known) this.#memo.set(index, first);
    if (first === undefined && filtering.goesOn)
      return this.#note(index, filtering.filterFurther(node));
    return known ? first : this.#note(index, first);
  }

  #note(index: number, status: Status | undefined): Status | undefined {
    if (this.#said[index] === status) return status;
    this.#said[index] = status;
    const { name } = this.nodes[index]!;
    if (status === undefined) this.#rejections.delete(name);
    else this.#rejections.set(name, status);
    return status;
  }
}

/** The Filter plugins of one cycle, and changes of the cluster on trial that they see. */
export class Filtering implements Trial {
  readonly verdicts: Verdicts;
  readonly #signature: Signature;
  readonly #cycle: Cycle;
  readonly #filters: readonly FilterPlugin[];
  /** Those that the signature speaks for, and those after them. */
  readonly #first: readonly FilterPlugin[];
  readonly #further: readonly FilterPlugin[];
  readonly #foresighted: readonly FilterPlugin[];
  readonly #extensions: readonly PreFilterExtensions[];
  /** The node on which room was made for the pod. */
  readonly #nominated: string | undefined;

  constructor(
    cycle: Cycle,
    filters: readonly FilterPlugin[],
    more: {
      readonly extensions: readonly PreFilterExtensions[];
      readonly verdicts: Verdicts;
      readonly signature: Signature;
    },
  ) {
    const { extensions, verdicts, signature } = more;
    this.#cycle = cycle;
    this.#filters = filters;
    this.#first = filters.slice(0, signature.filters);
    this.#further = filters.slice(signature.filters);
    this.#foresighted = filters.filter((each) => 'refusesWith' in each);
    this.#extensions = extensions;
    this.#nominated = cycle.cluster.nominations.nodeOf(cycle.pod.uid);
    this.verdicts = verdicts;
    this.#signature = signature;
  }

  /** Pods with the same one fare alike on every node; undefined: nobody knows. */
  get signature(): string | undefined {
    return this.goesOn ? undefined : this.#signature.text;
  }

  /** True if there are filters of which nothing is remembered. */
  get goesOn(): boolean {
    return this.#further.length > 0;
  }

  /**
   * False: the node is asked everything anew. The room that is kept for this pod is kept from
   * others; and where pods are nominated, each is tried with all filters.
   */
  remembers({ name }: NodeInfo): boolean {
    if (name === this.#nominated) return false;
    const { nominations } = this.#cycle.cluster;
    return !this.goesOn || nominations.empty || nominations.on(name).length === 0;
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

  filter(node: NodeInfo): Status | undefined {
    return this.#verdict(node, this.#filters);
  }

  /** The verdict that may be remembered. */
  filterFirst(node: NodeInfo): Status | undefined {
    return this.#verdict(node, this.#first);
  }

  /** The rest of the verdict of a node that passed the first filters, and that nobody waits for. */
  filterFurther(node: NodeInfo): Status | undefined {
    return this.#run(node, this.#further);
  }

  /**
   * The first rejection, in the order of the profile. Where pods of the same or a higher priority
   * are nominated, the pod has to fit beside them and, as they may never come, without them.
   */
  #verdict(node: NodeInfo, filters: readonly FilterPlugin[]): Status | undefined {
    const { pod, cluster } = this.#cycle;
    const nominated = cluster.nominations.on(node.name);
    if (nominated.length > 0) {
      const rivals = nominated
        .filter(({ uid, priority }) => uid !== pod.uid && priority >= pod.priority)
        .filter(({ uid }) => !node.pods.has(uid));
      for (const rival of rivals) this.add(rival, node);
      const status = rivals.length > 0 ? this.#run(node, filters) : undefined;
      for (const rival of rivals) this.remove(rival, node);
      if (status !== undefined) return status;
    }
    return this.#run(node, filters);
  }

  #run(node: NodeInfo, filters: readonly FilterPlugin[]): Status | undefined {
    for (const plugin of filters) {
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
