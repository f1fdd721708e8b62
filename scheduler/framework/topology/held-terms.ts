import type { Node } from '../../../api/types/core-v1.ts';
import type { PodInfo } from '../pod-info.ts';
import type { AffinityTerm, NamespaceLabels, PodTerms } from './affinity-terms.ts';
import { DomainCounter } from './domain-counter.ts';

export interface HeldTerm {
  readonly term: AffinityTerm;
  /** Of the pods that hold the term. */
  readonly counter: DomainCounter;
}

type Kind = keyof PodTerms;
const kinds: readonly Kind[] = ['requiredAffinity', 'requiredAntiAffinity', 'preferred'];

/** Bounds the remembered answers to {@link HeldTerms.matching}; past it they start over. */
const maxRemembered = 1024;

const keyOf = ({ matcher, topologyKey, weight }: AffinityTerm): string =>
  `${weight}\n${topologyKey}\n${matcher.key}`;

/** The distinct terms of one kind, and for each class of pods those that mean it. */
class KindOfTerm {
  readonly #terms = new Map<string, HeldTerm>();
  readonly #matching = new Map<string, readonly HeldTerm[]>();
  readonly #namespaceLabels: NamespaceLabels;

  constructor(namespaceLabels: NamespaceLabels) {
    this.#namespaceLabels = namespaceLabels;
  }

  change(term: AffinityTerm, node: Node, by: 1 | -1): void {
    const key = keyOf(term);
    let held = this.#terms.get(key);
    if (held === undefined) {
      held = { term, counter: new DomainCounter({ topologyKey: term.topologyKey }) };
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
      if (this.#matching.size >= maxRemembered) this.#matching.clear();
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

  constructor(namespaceLabels: NamespaceLabels) {
    this.#kinds = {
      requiredAffinity: new KindOfTerm(namespaceLabels),
      requiredAntiAffinity: new KindOfTerm(namespaceLabels),
      preferred: new KindOfTerm(namespaceLabels),
    };
  }

  matching(kind: Kind, pod: PodInfo): readonly HeldTerm[] {
    return this.#kinds[kind].matching(pod);
  }

  add(terms: PodTerms, node: Node): void {
    this.#change(terms, node, 1);
  }

  remove(terms: PodTerms, node: Node): void {
    this.#change(terms, node, -1);
  }

  namespaceChanged(): void {
    for (const kind of kinds) this.#kinds[kind].forgetMatches();
  }

  #change(terms: PodTerms, node: Node, by: 1 | -1): void {
    for (const kind of kinds)
      for (const term of terms[kind]) this.#kinds[kind].change(term, node, by);
  }
}
