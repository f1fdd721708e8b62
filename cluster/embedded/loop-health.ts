import type { Component } from '../../apiserver/registry/components.ts';
import type { LeftOut } from '../options.ts';

const names: Readonly<Record<LeftOut, string>> = {
  controllers: 'controller-manager',
  scheduler: 'scheduler',
};

/** What runs beside the API server in its process: healthy from the moment it is ready. */
export class LoopHealth {
  readonly #ready = new Set<string>();
  readonly components: readonly Component[] = Object.values(names).map((name) => ({
    name,
    check: () =>
      Promise.resolve(
        this.#ready.has(name)
          ? ({ status: 'True', message: 'ok' } as const)
          : ({ status: 'False', message: 'it has not caught up yet' } as const),
      ),
  }));

  async follow(loop: LeftOut, ready: Promise<void>): Promise<void> {
    await ready;
    this.#ready.add(names[loop]);
  }
}
