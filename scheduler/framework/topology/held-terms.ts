import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { AffinityTerm, NamespaceLabels, PodTerms } from './affinity-terms.ts';
import { DomainCounter } from './domain-counter.ts';
import type { Domains } from './domains.ts';

export interface HeldTerm {
  readonly term: AffinityTerm;
  /** Of the pods that hold the term. */
  readonly counter: DomainCounter;
}

export type DomainsOf = (topologyKey: string) => Domains;

type Kind = keyof PodTerms;
const kinds: readonly Kind[] = ['requiredAffinity', 'requiredAntiAffinity', 'preferred'];

/** Bounds the remembered answers to {@link HeldTerms.matching}; past it they start over. */
const MAX_REMEMBERED = 1024;

const keyOf = ({ matcher, topologyKey, weight }: AffinityTerm): string =>
  `${weight}\n${topologyKey}\n${matcher.key}`;

/** The distinct terms of one kind, and for each class of pods those that mean it. */
class KindOfTerm {
  readonly #terms = new Map<string, HeldTerm>();
  readonly #matching = new Map<string, readonly HeldTerm[]>();
  readonly #namespaceLabels: NamespaceLabels;
  readonly #domainsOf: DomainsOf;

  constructor(namespaceLabels: NamespaceLabels, domainsOf: DomainsOf) {
    this.#namespaceLabels = namespaceLabels;
    this.#domainsOf = domainsOf;
  }

  get held(): Iterable<HeldTerm> {
    return this.#terms.values();
  }

  change(term: AffinityTerm, node: NodeInfo, by: 1 | -1): void {
    const key = keyOf(term);
    let held = this.#terms.get(key);
    if (held === undefined) {
      held = { term, counter: new DomainCounter(this.#domainsOf(term.topologyKey)) };
      this.#terms.set(key, held);
      this.#matching.clear();
    }
    // A holder counts as a node with one pod: domains appear and vanish with their holders.
    if (by === 1) held.counter.addNode(node, 1);
    else held.counter.removeNode(node, 1);
    if (held.counter.domains > 0) return;
    this.#terms.delete(key);
    this.#matching.clear();
  }

  matching(pod: PodInfo): readonly HeldTerm[] {
    if (this.#terms.size === 0) return [];
    const { labelClass } = pod;
    let found = this.#matching.get(labelClass.key);
    if (found === undefined) {
      found = [...this.#terms.values()].filter(({ term }) =>
        term.matcher.matches(labelClass, this.#namespaceLabels),
      );
      if (this.#matching.size >= MAX_REMEMBERED) this.#matching.clear();
      this.#matching.set(labelClass.key, found);
    }
    return found;
  }

  forgetMatches(): void {
    this.#matching.clear();
  }
}

/** The affinity terms of the pods on nodes: what pods already placed ask of the next one. */
export class HeldTerms {
  readonly #kinds: Readonly<Record<Kind, KindOfTerm>>;

  constructor(namespaceLabels: NamespaceLabels, domainsOf: DomainsOf) {
    this.#kinds = {
      requiredAffinity: new KindOfTerm(namespaceLabels, domainsOf),
      requiredAntiAffinity: new KindOfTerm(namespaceLabels, domainsOf),
      preferred: new KindOfTerm(namespaceLabels, domainsOf),
    };
  }

  counters(): DomainCounter[] {
    return kinds.flatMap((kind) => [...this.#kinds[kind].held].map(({ counter }) => counter));
  }

  matching(kind: Kind, pod: PodInfo): readonly HeldTerm[] {
    return this.#kinds[kind].matching(pod);
  }

  add(terms: PodTerms, node: NodeInfo): void {
    this.#change(terms, node, 1);
  }

  remove(terms: PodTerms, node: NodeInfo): void {
    this.#change(terms, node, -1);
  }

  namespaceChanged(): void {
    for (const kind of kinds) this.#kinds[kind].forgetMatches();
  }

  #change(terms: PodTerms, node: NodeInfo, by: 1 | -1): void {
    for (const kind of kinds)
      for (const term of terms[kind]) this.#kinds[kind].change(term, node, by);
  }
}
