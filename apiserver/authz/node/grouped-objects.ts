import type { KubernetesObject } from '../../../api/meta.ts';
import type { ObjectFollower, ObjectSource } from '../object-source.ts';

/** Objects by what one of their fields says, which is undefined of those that are left out. */
export class GroupedObjects<T extends KubernetesObject> implements ObjectFollower<T> {
  readonly #groupOf: (object: T) => string | undefined;
  #groups = new Map<string, Map<string, T>>();

  constructor(objects: ObjectSource<T>, groupOf: (object: T) => string | undefined) {
    this.#groupOf = groupOf;
    objects.follow(this);
  }

  of(group: string): Iterable<T> {
    return this.#groups.get(group)?.values() ?? [];
  }

  reset(objects: Iterable<T>): void {
    this.#groups = new Map();
    for (const object of objects) this.changed(undefined, object);
  }

  changed(previous: T | undefined, current: T | undefined): void {
    const before = previous && this.#groupOf(previous);
    const after = current && this.#groupOf(current);
    if (before !== undefined && before !== after) {
      const left = this.#groups.get(before);
      left?.delete(keyOf(previous!));
      if (left?.size === 0) this.#groups.delete(before);
    }
    if (after === undefined) return;
    let there = this.#groups.get(after);
    if (there === undefined) {
      there = new Map();
      this.#groups.set(after, there);
    }
    there.set(keyOf(current!), current!);
  }
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
