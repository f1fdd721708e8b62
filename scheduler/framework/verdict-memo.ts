/**
 * What was found out about nodes for one pod, remembered for the next pods that are like it: a
 * Deployment's thousand pods ask each node the same question, and between two of them one node
 * changed, not all. Kubernetes goes the same way with pod signatures (KEP-5598).
 *
 * An answer holds while the node, what is on it and who is nominated to it stay as they were:
 * for one {@link NodeInfo.version}.
 */
import type { FilterPlugin } from './interface.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** Kinds of pods remembered at a time; more of them than that take turns. */
export const MAX_SIGNATURES = 8;

/** What of a pod the filters look at that say so: those before the first that does not. */
export interface Signature {
  /** Each of these nodes answers alike for all pods with the same text. */
  readonly text: string;
  /** How many filters, from the first on, it is the signature of. */
  readonly filters: number;
}

export function signatureOf(pod: PodInfo, filters: readonly FilterPlugin[]): Signature {
  let text = `${pod.priority}`;
  for (const [i, filter] of filters.entries()) {
    const part = filter.sign?.(pod);
    // Pods of which more than this is asked have memos of their own.
    if (part === undefined) return { text: `${text}\n…`, filters: i };
    text += `\n${filter.name} ${part}`;
  }
  return { text, filters: filters.length };
}

/** Answers of the nodes of one cluster, by their index, to pods of one signature. */
export class NodeMemo<T> {
  readonly nodes: readonly NodeInfo[];
  readonly #answers: T[];
  readonly #versions: Float64Array;

  constructor(nodes: readonly NodeInfo[]) {
    this.nodes = nodes;
    this.#answers = new Array<T>(nodes.length);
    this.#versions = new Float64Array(nodes.length).fill(-1);
  }

  has(index: number): boolean {
    return this.#versions[index] === this.nodes[index]!.version;
  }

  /** Only what it `has`. */
  get(index: number): T {
    return this.#answers[index]!;
  }

  set(index: number, answer: T): void {
    this.#answers[index] = answer;
    this.#versions[index] = this.nodes[index]!.version;
  }

  forget(index: number): void {
    this.#versions[index] = -1;
  }
}

/** Memos of the signatures that were asked for last. */
export class NodeMemos<M extends { readonly nodes: readonly NodeInfo[] }> {
  readonly #make: (nodes: readonly NodeInfo[]) => M;
  readonly #memos = new Map<string, M>();

  constructor(make: (nodes: readonly NodeInfo[]) => M) {
    this.#make = make;
  }

  of(signature: string, nodes: readonly NodeInfo[]): M {
    let memo = this.#memos.get(signature);
    // Nodes came or went: what is remembered of those that are gone must go too.
    if (memo?.nodes !== nodes) memo = this.#make(nodes);
    this.#memos.delete(signature);
    this.#memos.set(signature, memo);
    if (this.#memos.size > MAX_SIGNATURES) this.#memos.delete(this.#memos.keys().next().value!);
    return memo;
  }

  clear(): void {
    this.#memos.clear();
  }
}
