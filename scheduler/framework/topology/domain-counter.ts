import type { Node } from '../../../api/types/core-v1.ts';

interface Domain {
  /** Nodes of the domain that are counted at all. */
  nodes: number;
  pods: number;
}

export interface DomainShape {
  /** The node label whose values are the domains. Undefined: each node is one. */
  readonly topologyKey: string | undefined;
  /** Nodes that are not included have no part in any domain. Absent: all nodes. */
  readonly includes?: (node: Node) => boolean;
}

/**
 * Pods per topology domain, and the lowest such number, kept up to date pod by pod: what plugins
 * ask of it costs the same however many pods and nodes there are.
 */
export class DomainCounter {
  readonly topologyKey: string | undefined;
  readonly #includes: ((node: Node) => boolean) | undefined;
  readonly #domains = new Map<string, Domain>();
  /** How many domains have this many pods. */
  readonly #domainsWith: number[] = [];
  #lowest = 0;
  #total = 0;

  constructor({ topologyKey, includes }: DomainShape) {
    this.topologyKey = topologyKey;
    this.#includes = includes;
  }

  /** Undefined if the node is in no domain. */
  valueOf(node: Node): string | undefined {
    return this.topologyKey === undefined
      ? node.metadata.name
      : node.metadata.labels?.[this.topologyKey];
  }

  /** All counted pods. */
  get total(): number {
    return this.#total;
  }

  get domains(): number {
    return this.#domains.size;
  }

  /** The fewest pods that any domain has; undefined without domains. */
  get lowest(): number | undefined {
    return this.#domains.size === 0 ? undefined : this.#lowest;
  }

  /** The pods in the node's domain. */
  countAt(node: Node): number {
    const value = this.valueOf(node);
    return value === undefined ? 0 : (this.#domains.get(value)?.pods ?? 0);
  }

  /** A node joins with the `pods` counted on it. */
  addNode(node: Node, pods: number): void {
    const value = this.#countedValue(node);
    if (value === undefined) return;
    let domain = this.#domains.get(value);
    if (domain === undefined) {
      domain = { nodes: 0, pods: 0 };
      this.#domains.set(value, domain);
      this.#enter(0);
    }
    domain.nodes++;
    this.#move(domain, pods);
  }

  removeNode(node: Node, pods: number): void {
    const value = this.#countedValue(node);
    const domain = value === undefined ? undefined : this.#domains.get(value);
    if (value === undefined || domain === undefined) return;
    domain.nodes--;
    this.#move(domain, -pods);
    if (domain.nodes > 0) return;
    this.#domains.delete(value);
    this.#leave(domain.pods);
  }

  /** Pods come to, or leave, a node that has joined. */
  addPods(node: Node, pods: number): void {
    const value = this.#countedValue(node);
    const domain = value === undefined ? undefined : this.#domains.get(value);
    if (domain !== undefined) this.#move(domain, pods);
  }

  #countedValue(node: Node): string | undefined {
    return this.#includes === undefined || this.#includes(node) ? this.valueOf(node) : undefined;
  }

  #move(domain: Domain, pods: number): void {
    if (pods === 0) return;
    this.#total += pods;
    const before = domain.pods;
    domain.pods += pods;
    this.#enter(domain.pods);
    this.#leave(before);
  }

  #enter(pods: number): void {
    while (this.#domainsWith.length <= pods) this.#domainsWith.push(0);
    this.#domainsWith[pods]!++;
    if (pods < this.#lowest || this.#domains.size === 1) this.#lowest = pods;
  }

  /** The lowest number only rises step by step, as the domains that held it down move on. */
  #leave(pods: number): void {
    this.#domainsWith[pods]!--;
    if (this.#domains.size === 0) return;
    while (this.#domainsWith[this.#lowest] === 0) this.#lowest++;
  }
}
