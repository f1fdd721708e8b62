/**
 * The seats that flows hold at one level. Those of requests that began a while ago are told apart:
 * they wait for a webhook, another server or a slow store, and keep the thread from nobody.
 */

interface Flow {
  held: number;
  /** Of `held`, what was taken in `period`. */
  fresh: number;
  period: number;
}

/** One request and the seats it wants or holds. */
export interface Holder {
  readonly flow: string;
  /** The flow is one user's, of many at its level. */
  readonly byUser: boolean;
  readonly width: number;
  /** When it got its seats. */
  period: number;
}

/**
 * Flows that are kept with nothing held: to put in a Map and take out again with each request
 * leaves its outgrown tables behind, which V8 makes old at once.
 */
const KEPT_FLOWS = 64;

export class FlowsAtWork {
  readonly #flows = new Map<string, Flow>();

  held(flow: string): number {
    return this.#flows.get(flow)?.held ?? 0;
  }

  /** What was taken in this period and is held still. */
  fresh(flow: string, period: number): number {
    const found = this.#flows.get(flow);
    return found?.period === period ? found.fresh : 0;
  }

  take(holder: Holder, period: number): void {
    const { flow: name, width } = holder;
    holder.period = period;
    let flow = this.#flows.get(name);
    if (flow === undefined) this.#flows.set(name, (flow = { held: 0, fresh: 0, period }));
    if (flow.period !== period) Object.assign(flow, { fresh: 0, period });
    flow.held += width;
    flow.fresh += width;
  }

  giveBack({ flow: name, width, period }: Holder): void {
    const flow = this.#flows.get(name)!;
    flow.held -= width;
    if (flow.period === period) flow.fresh -= width;
    if (flow.held === 0 && this.#flows.size > KEPT_FLOWS) this.#flows.delete(name);
  }
}
