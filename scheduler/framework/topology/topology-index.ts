/**
 * Which pods are where, by what selectors say of them and by topology domain.
 *
 * Kubernetes walks over all pods for each pod with affinity or spread constraints. Here each
 * distinct question ("pods that match S, by values of label K, on nodes that N accepts") is a
 * counter that is filled once and then follows every pod that comes or goes: pods of one
 * template ask the same questions. In: pods and nodes as the cluster state changes, simulated
 * changes included. Out: counters, always current.
 */
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { AffinityTerm, NamespaceLabels, PodMatcher } from './affinity-terms.ts';
import { DomainCounter, type Includes } from './domain-counter.ts';
import { Domains } from './domains.ts';
import { HeldTerms } from './held-terms.ts';
import type { LabelClass } from './label-class.ts';

/** Distinct questions remembered; the one that was asked longest ago is forgotten first. */
const MAX_COUNTERS = 256;

/** Node labels whose domains are known; past it those that nothing counts by are forgotten. */
const MAX_TOPOLOGY_KEYS = 1024;

export interface DomainQuestion {
  readonly matcher: PodMatcher;
  /** The node label whose values are the domains. Undefined: each node is one. */
  readonly topologyKey: string | undefined;
  /** Nodes that are not included have no part in any domain. Absent: all nodes. */
  readonly includes?: Includes;
  /** Names `includes`: questions with equal names, keys and matchers are one. */
  readonly includesKey?: string;
}

interface Counted {
  readonly matcher: PodMatcher;
  readonly counter: DomainCounter;
}

interface Class {
  readonly class: LabelClass;
  /** Pods of the class on known nodes. */
  pods: number;
  /** Made when first needed; undefined again after the set of counters changed. */
  counters: readonly DomainCounter[] | undefined;
}

export class TopologyIndex {
  readonly #nodes: ReadonlyMap<string, NodeInfo>;
  readonly #namespaceLabels: NamespaceLabels;
  readonly #counters = new Map<string, Counted>();
  readonly #classes = new Map<string, Class>();
  readonly #domains = new Map<string | undefined, Domains>();
  readonly #held: HeldTerms;

  /** `nodes`: all nodes, known or not, as the owner of the index keeps them. */
  constructor(nodes: ReadonlyMap<string, NodeInfo>, namespaceLabels: NamespaceLabels) {
    this.#nodes = nodes;
    this.#namespaceLabels = namespaceLabels;
    this.#held = new HeldTerms(namespaceLabels, (topologyKey) => this.#domainsOf(topologyKey));
  }

  /** True if `matcher` means the pod itself. */
  meansPod(matcher: PodMatcher, pod: PodInfo): boolean {
    return matcher.matches(pod.labelClass, this.#namespaceLabels);
  }

  /** A live counter. Ask again in each cycle: what is not asked for is forgotten. */
  counter(question: DomainQuestion): DomainCounter {
    const { matcher, topologyKey, includes, includesKey = '' } = question;
    const key = JSON.stringify([matcher.key, topologyKey ?? null, includesKey]);
    const known = this.#counters.get(key);
    if (known !== undefined) {
      this.#counters.delete(key);
      this.#counters.set(key, known);
      return known.counter;
    }
    const counter = new DomainCounter(this.#domainsOf(topologyKey), includes);
    if (this.#counters.size >= MAX_COUNTERS)
      this.#counters.delete(this.#counters.keys().next().value!);
    this.#counters.set(key, { matcher, counter });
    for (const each of this.#classes.values()) each.counters = undefined;
    this.#fill(matcher, counter);
    return counter;
  }

  /** Terms of pods on nodes that mean `pod`, each with a counter of the pods that hold it. */
  heldAgainst(
    pod: PodInfo,
    kind: 'requiredAffinity' | 'requiredAntiAffinity' | 'preferred',
  ): readonly { readonly term: AffinityTerm; readonly counter: DomainCounter }[] {
    return this.#held.matching(kind, pod);
  }

  addPod(pod: PodInfo, node: NodeInfo): void {
    this.#move(pod, node, 1);
    if (pod.terms !== undefined) this.#held.add(pod.terms, node);
  }

  removePod(pod: PodInfo, node: NodeInfo): void {
    this.#move(pod, node, -1);
    if (pod.terms !== undefined) this.#held.remove(pod.terms, node);
  }

  /**
   * A pod comes or goes on trial. Its class stays known meanwhile: a superset of the classes that
   * are there does no counter harm, and the pod comes or goes back.
   */
  tryMove(pod: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (this.#counters.size > 0) {
      const known = this.#classes.get(pod.labelClass.key);
      const counters = known?.counters ?? this.#countersOf(pod.labelClass);
      for (const counter of counters) counter.addPods(node, by);
    }
    if (pod.terms === undefined) return;
    if (by === 1) this.#held.add(pod.terms, node);
    else this.#held.remove(pod.terms, node);
  }

  /** A node became known, with the pods on it. */
  addNode(node: NodeInfo): void {
    for (const domains of this.#domains.values()) domains.add(node);
    for (const { counter } of this.#counters.values()) counter.addNode(node, 0);
    for (const pod of node.pods.values()) this.addPod(pod, node);
  }

  /** Called while the node is as it was when it was added. */
  removeNode(node: NodeInfo): void {
    for (const pod of node.pods.values()) this.removePod(pod, node);
    for (const { counter } of this.#counters.values()) counter.removeNode(node, 0);
    for (const domains of this.#domains.values()) domains.remove(node);
  }

  /** Labels of a namespace changed: answers that depend on them are found anew. */
  namespaceChanged(): void {
    let changed = false;
    for (const [key, { matcher }] of this.#counters) {
      if (!matcher.byNamespaceLabels) continue;
      this.#counters.delete(key);
      changed = true;
    }
    if (changed) for (const each of this.#classes.values()) each.counters = undefined;
    this.#held.namespaceChanged();
  }

  #move(pod: PodInfo, node: NodeInfo, by: 1 | -1): void {
    const found = this.#classOf(pod);
    found.pods += by;
    if (found.pods === 0) this.#classes.delete(found.class.key);
    found.counters ??= this.#countersOf(found.class);
    for (const counter of found.counters) counter.addPods(node, by);
  }

  #classOf(pod: PodInfo): Class {
    const { labelClass } = pod;
    let found = this.#classes.get(labelClass.key);
    if (found === undefined) {
      found = { class: labelClass, pods: 0, counters: undefined };
      this.#classes.set(labelClass.key, found);
    }
    return found;
  }

  #countersOf(labelClass: LabelClass): readonly DomainCounter[] {
    const counters: DomainCounter[] = [];
    for (const { matcher, counter } of this.#counters.values())
      if (matcher.matches(labelClass, this.#namespaceLabels)) counters.push(counter);
    return counters;
  }

  #fill(matcher: PodMatcher, counter: DomainCounter): void {
    const matching = new Set<string>();
    for (const { class: labelClass } of this.#classes.values())
      if (matcher.matches(labelClass, this.#namespaceLabels)) matching.add(labelClass.key);
    for (const info of this.#nodes.values()) {
      if (!info.known) continue;
      let pods = 0;
      if (matching.size > 0)
        for (const pod of info.pods.values()) if (matching.has(pod.labelClass.key)) pods++;
      counter.addNode(info, pods);
    }
  }

  #domainsOf(topologyKey: string | undefined): Domains {
    let domains = this.#domains.get(topologyKey);
    if (domains === undefined) {
      domains = new Domains(topologyKey);
      for (const info of this.#nodes.values()) if (info.known) domains.add(info);
      if (this.#domains.size >= MAX_TOPOLOGY_KEYS) this.#forgetDomains();
      this.#domains.set(topologyKey, domains);
    }
    return domains;
  }

  #forgetDomains(): void {
    const counters = [...this.#counters.values()].map(({ counter }) => counter);
    const counted = new Set([...counters, ...this.#held.counters()].map(({ of }) => of));
    for (const [key, domains] of this.#domains)
      if (!counted.has(domains)) this.#domains.delete(key);
  }
}
