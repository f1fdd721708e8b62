import type { ComponentState } from '../run-state.ts';
import type { PartStates } from './parts.ts';

/** The states of supervised components, and who wants to hear of changes. */
export class ComponentStates implements PartStates {
  readonly #listeners = new Set<() => void>();
  #latest: readonly ComponentState[] = [];

  changed(components: readonly ComponentState[]): void {
    this.#latest = components;
    for (const listener of [...this.#listeners]) listener();
  }

  of(component: string): ComponentState | undefined {
    return this.#latest.find(({ name, ready }) => name === component && ready);
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
