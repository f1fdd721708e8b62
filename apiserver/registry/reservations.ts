import type { Reservation } from './claims.ts';
import type { Change } from './declaration.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import type { Caller, ResourceContext } from './resource-context.ts';

/** The claims of one write over its attempts: made anew each time, settled once at the end. */
export class Reservations {
  readonly #context: ResourceContext;
  readonly #dryRun: boolean;
  #held: Reservation | undefined;

  constructor(context: ResourceContext, { dryRun }: Caller) {
    this.#context = context;
    this.#dryRun = dryRun;
  }

  async renew(change: Change<KubernetesObject>): Promise<void> {
    const { declaration, claims } = this.#context;
    if (declaration.reserve === undefined) return;
    await this.finish(false);
    this.#held = await declaration.reserve(change, this.#dryRun ? claims.dryRun() : claims);
  }

  async finish(written: boolean): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) await (written ? held.commit() : held.rollback());
  }
}

/** Gives back what a deleted object held. */
export async function releaseClaims(
  context: ResourceContext,
  object: KubernetesObject,
): Promise<void> {
  const { declaration, claims } = context;
  await declaration.release?.(object, claims);
}
