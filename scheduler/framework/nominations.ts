import type { PodInfo } from './pod-info.ts';

const nobody: readonly PodInfo[] = [];

/**
 * Pods for which preemption makes room, by the node that it chose. They hold nothing yet, but
 * pods of lower priority must not take the room meanwhile.
 */
export class Nominations {
  readonly #changed: (nodeName: string) => void;
  readonly #nodeOf = new Map<string, string>();
  readonly #pods = new Map<string, readonly PodInfo[]>();

  /** `changed` is told of each node for which it matters. */
  constructor(changed: (nodeName: string) => void) {
    this.#changed = changed;
  }

  /** Nominated to `nodeName`; `''` takes a nomination back. */
  set(pod: PodInfo, nodeName: string): void {
    this.delete(pod.uid);
    if (nodeName === '') return;
    this.#nodeOf.set(pod.uid, nodeName);
    this.#pods.set(nodeName, [...this.on(nodeName), pod]);
    this.#changed(nodeName);
  }

  delete(uid: string): void {
    const nodeName = this.#nodeOf.get(uid);
    if (nodeName === undefined) return;
    this.#nodeOf.delete(uid);
    const left = this.#pods.get(nodeName)!.filter((pod) => pod.uid !== uid);
    if (left.length === 0) this.#pods.delete(nodeName);
    else this.#pods.set(nodeName, left);
    this.#changed(nodeName);
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid);
  }

  /** True without any nomination: the common case, worth asking first. */
  get empty(): boolean {
    return this.#nodeOf.size === 0;
  }

  on(nodeName: string): readonly PodInfo[] {
    return this.#pods.get(nodeName) ?? nobody;
  }
}
