/** The name of one value of a {@link CycleState}, with its type. */
export interface StateKey<T> {
  readonly name: string;
  readonly __value?: T;
}

export function stateKey<T>(name: string): StateKey<T> {
  return { name };
}

/**
 * What plugins remember between the extension points of one pod's cycle. Keys compare by identity.
 */
export class CycleState {
  readonly #values = new Map<StateKey<unknown>, unknown>();

  read<T>(key: StateKey<T>): T | undefined {
    return this.#values.get(key) as T | undefined;
  }

  write<T>(key: StateKey<T>, value: T): void {
    this.#values.set(key, value);
  }
}
