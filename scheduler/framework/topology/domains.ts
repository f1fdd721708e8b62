import type { NodeInfo } from '../node-info.ts';

/**
 * The domains that one node label makes of the nodes, each with a small number of its own: what is
 * counted by domain is then found for a node without a look at its labels. Without a label each
 * node is one domain. Numbers are given anew once the last node of their domain has left.
 */
export class Domains {
  readonly #topologyKey: string | undefined;
  readonly #numbers = new Map<string, number>();
  /** Nodes per domain. */
  readonly #nodes: number[] = [];
  readonly #free: number[] = [];
  /** By the slots of nodes. */
  readonly #at: (number | undefined)[] = [];

  constructor(topologyKey: string | undefined) {
    this.#topologyKey = topologyKey;
  }

  /** Undefined if the node is in no domain, or not there. */
  of({ slot }: NodeInfo): number | undefined {
    return this.#at[slot];
  }

  add(info: NodeInfo): void {
    const value = this.#valueOf(info);
    if (value === undefined) return;
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#nodes.length;
      this.#numbers.set(value, number);
      this.#nodes[number] = 0;
    }
    this.#nodes[number]!++;
    this.#at[info.slot] = number;
  }

  /** After everything that is counted on the node has left it. */
  remove(info: NodeInfo): void {
    const number = this.#at[info.slot];
    if (number === undefined) return;
    this.#at[info.slot] = undefined;
    if (--this.#nodes[number]! > 0) return;
    this.#numbers.delete(this.#valueOf(info)!);
    this.#free.push(number);
  }

  #valueOf({ name, node }: NodeInfo): string | undefined {
    return this.#topologyKey === undefined ? name : node.metadata.labels?.[this.#topologyKey];
  }
}
