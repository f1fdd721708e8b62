import type { Pod } from '../../../api/types/core-v1.ts';
import type { ObjectFollower, ObjectSource } from '../object-source.ts';

/** The pods bound to each node. Begun when a node first asks: many clusters never need it. */
export class PodsByNode implements ObjectFollower<Pod> {
  #byNode = new Map<string, Map<string, Pod>>();

  constructor(pods: ObjectSource<Pod>) {
    pods.follow(this);
  }

  of(node: string): Iterable<Pod> {
    return this.#byNode.get(node)?.values() ?? [];
  }

  reset(pods: Iterable<Pod>): void {
    this.#byNode = new Map();
    for (const pod of pods) this.changed(undefined, pod);
  }

  changed(previous: Pod | undefined, current: Pod | undefined): void {
    const before = previous?.spec.nodeName;
    const after = current?.spec.nodeName;
    if (before && before !== after) {
      const left = this.#byNode.get(before);
      left?.delete(keyOf(previous));
      if (left?.size === 0) this.#byNode.delete(before);
    }
    if (!after) return;
    let there = this.#byNode.get(after);
    if (there === undefined) {
      there = new Map();
      this.#byNode.set(after, there);
    }
    there.set(keyOf(current), current);
  }
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
