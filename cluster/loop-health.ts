import type { Component } from '../apiserver/registry/components.ts';

/** What runs beside the API server in its process: healthy from the moment it is ready. */
export class LoopHealth {
  readonly #ready = new Set<string>();
  readonly components: readonly Component[] = ['controller-manager', 'scheduler'].map((name) => ({
    name,
    check: () =>
      Promise.resolve(
        this.#ready.has(name)
          ? ({ status: 'True', message: 'ok' } as const)
          : ({ status: 'False', message: 'it has not caught up yet' } as const),
      ),
  }));

  isReady(name: 'controller-manager' | 'scheduler'): void {
    this.#ready.add(name);
  }
}
