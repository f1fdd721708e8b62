/**
 * Fair queueing: so many requests at work, of which each flow has at most its share, and the rest
 * in line by flow. Flows take turns, so that a client that floods waits for itself.
 *
 * Everything runs on one thread, so places alone are not enough: requests that need no waiting
 * would be started one after the other as they arrive, and whoever comes last would wait for all
 * of them. So a flow starts only a few, and then the server looks who else has come.
 */
import type { Flow } from './flow.ts';

interface FlowState {
  readonly name: string;
  atWork: number;
  started: number;
  readonly line: Set<Waiting>;
}

export interface Waiting {
  readonly flow: Flow;
  /** Its turn has come; it holds a place. */
  readonly start: () => void;
}

export interface FairLineOptions {
  readonly places: number;
  readonly maxWaiting: number;
  readonly maxWaitingPerFlow: number;
  /** Runs `fn` once what has arrived meanwhile is known. */
  readonly nextTurn: (fn: () => void) => void;
}

export class FairLine {
  readonly #options: FairLineOptions;
  readonly #flows = new Map<string, FlowState>();
  /** Flows with requests in line, in the order of their turns. */
  readonly #turns = new Set<FlowState>();
  /** Flows that started requests since the last turn. */
  readonly #started = new Set<FlowState>();
  #atWork = 0;
  #waiting = 0;
  #turnPending = false;

  constructor(options: FairLineOptions) {
    this.#options = options;
  }

  get atWork(): number {
    return this.#atWork;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** True: it has a place, to be left later. */
  enter(flow: Flow): boolean {
    const state = this.#stateOf(flow);
    // Nobody overtakes the others of its flow.
    if (state.line.size > 0 || !this.#mayStart(state, flow)) return false;
    this.#start(state, flow);
    return true;
  }

  /** False: the line is full. */
  wait(waiting: Waiting): boolean {
    const state = this.#stateOf(waiting.flow);
    const { maxWaiting, maxWaitingPerFlow } = this.#options;
    if (this.#waiting >= maxWaiting || state.line.size >= maxWaitingPerFlow) {
      this.#forget(state);
      return false;
    }
    state.line.add(waiting);
    this.#turns.add(state);
    this.#waiting++;
    return true;
  }

  /** Out of the line, without having started. */
  giveUp(waiting: Waiting): void {
    const state = this.#flows.get(waiting.flow.name);
    if (state?.line.delete(waiting) !== true) return;
    this.#waiting--;
    if (state.line.size === 0) this.#turns.delete(state);
    this.#forget(state);
  }

  leave({ name }: Flow): void {
    const state = this.#flows.get(name)!;
    state.atWork--;
    this.#atWork--;
    this.#dispatch();
    this.#forget(state);
  }

  /** Lets in whom there is a place for, one of each flow after the other. */
  #dispatch(): void {
    let skipped = 0;
    while (skipped < this.#turns.size && this.#atWork < this.#options.places) {
      const [state] = this.#turns;
      const [first] = state!.line;
      // To the end of the turns, whether it may start or not.
      this.#turns.delete(state!);
      if (!this.#mayStart(state!, first!.flow)) {
        this.#turns.add(state!);
        skipped++;
        continue;
      }
      skipped = 0;
      state!.line.delete(first!);
      this.#waiting--;
      if (state!.line.size > 0) this.#turns.add(state!);
      this.#start(state!, first!.flow);
      first!.start();
    }
  }

  #mayStart(state: FlowState, { share, burst = Infinity }: Flow): boolean {
    const { places } = this.#options;
    if (this.#atWork >= places || state.started >= burst) return false;
    return state.atWork < Math.max(1, Math.floor(places * share));
  }

  #start(state: FlowState, { burst }: Flow): void {
    state.atWork++;
    this.#atWork++;
    if (burst === undefined) return;
    state.started++;
    this.#started.add(state);
    if (this.#turnPending) return;
    this.#turnPending = true;
    this.#options.nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#turnPending = false;
    for (const state of this.#started) {
      state.started = 0;
      this.#forget(state);
    }
    this.#started.clear();
    this.#dispatch();
  }

  #stateOf({ name }: Flow): FlowState {
    let state = this.#flows.get(name);
    if (state === undefined) {
      state = { name, atWork: 0, started: 0, line: new Set() };
      this.#flows.set(name, state);
    }
    return state;
  }

  #forget(state: FlowState): void {
    if (state.atWork === 0 && state.started === 0 && state.line.size === 0)
      this.#flows.delete(state.name);
  }
}
