import type { Node } from '../../../api/types/core-v1.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Domains } from './domains.ts';

/** True if the node has a part in a domain at all. */
export type Includes = (node: Node) => boolean;

/**
 * Pods per topology domain, and the lowest such number, kept up to date pod by pod: what plugins
 * ask of it costs the same however many pods and nodes there are.
 */
export class DomainCounter {
  readonly of: Domains;
  readonly #includes: Includes | undefined;
  /** By domain: its pods; undefined where no node has joined. */
  readonly #pods: (number | undefined)[] = [];
  /** By domain: the nodes that have joined. */
  readonly #nodes: number[] = [];
  /** How many domains have this many pods. */
  readonly #domainsWith: number[] = [];
  #domains = 0;
  #lowest = 0;
  #total = 0;

  /** Without `includes` every node counts. */
  constructor(of: Domains, includes?: Includes) {
    this.of = of;
    this.#includes = includes;
  }

  /** Undefined if the node is in no domain. */
  domainOf(info: NodeInfo): number | undefined {
    return this.of.of(info);
  }

  /** All counted pods. */
  get total(): number {
    return this.#total;
  }

  get domains(): number {
    return this.#domains;
  }

  /** The fewest pods that any domain has; undefined without domains. */
  get lowest(): number | undefined {
    return this.#domains === 0 ? undefined : this.#lowest;
  }

  /** The pods in the node's domain. */
  countAt(info: NodeInfo): number {
    const domain = this.of.of(info);
    return domain === undefined ? 0 : (this.#pods[domain] ?? 0);
  }

  /** A node joins with the `pods` counted on it. */
  addNode(info: NodeInfo, pods: number): void {
    const domain = this.#countedDomain(info);
    if (domain === undefined) return;
    if (this.#pods[domain] === undefined) {
      this.#pods[domain] = 0;
      this.#nodes[domain] = 0;
      this.#domains++;
      this.#enter(0);
    }
    this.#nodes[domain]!++;
    this.#move(domain, pods);
  }

  removeNode(info: NodeInfo, pods: number): void {
    const domain = this.#countedDomain(info);
    if (domain === undefined || this.#pods[domain] === undefined) return;
    this.#move(domain, -pods);
    if (--this.#nodes[domain]! > 0) return;
    const left = this.#pods[domain];
    this.#pods[domain] = undefined;
    this.#domains--;
    this.#leave(left);
  }

  /** Pods come to, or leave, a node that has joined. */
  addPods(info: NodeInfo, pods: number): void {
    const domain = this.#countedDomain(info);
    if (domain !== undefined && this.#pods[domain] !== undefined) this.#move(domain, pods);
  }

  #countedDomain(info: NodeInfo): number | undefined {
    const counted = this.#includes === undefined || this.#includes(info.node);
    return counted ? this.of.of(info) : undefined;
  }

  #move(domain: number, pods: number): void {
    if (pods === 0) return;
    this.#total += pods;
    const before = this.#pods[domain]!;
    this.#pods[domain] = before + pods;
    this.#enter(before + pods);
    this.#leave(before);
  }

  #enter(pods: number): void {
    while (this.#domainsWith.length <= pods) this.#domainsWith.push(0);
    this.#domainsWith[pods]!++;
    if (pods < this.#lowest || this.#domains === 1) this.#lowest = pods;
  }

  /** The lowest number only rises step by step, as the domains that held it down move on. */
  #leave(pods: number): void {
    this.#domainsWith[pods]!--;
    if (this.#domains === 0) return;
    while (this.#domainsWith[this.#lowest] === 0) this.#lowest++;
  }
}
