import { assert } from '../platform/assert.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import { behaviourOf, type Behaviour } from './hollow-behaviour.ts';
import type { ContainerExit, ContainerRequest, PodRuntime } from './runtime.ts';

/** SIGKILL, as shells count it. */
const killedCode = 137;

function exitWith(exitCode: number): ContainerExit {
  return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
}

interface Simulated {
  readonly request: ContainerRequest;
  readonly behaviour: Behaviour;
  /** The one thing it waits for to happen by itself; readiness has a timer of its own. */
  next: Timer | undefined;
  readiness: Timer | undefined;
  /** Set while it is being stopped: when its end is due, by the monotonic clock. */
  stopAtMs: number | undefined;
}

/**
 * Runs nothing: containers start, become ready and end as {@link behaviourOf} says. A container
 * that runs for ever and was not told otherwise costs no timer.
 */
export class HollowRuntime implements PodRuntime {
  readonly version = 'wherry://0.1.0';
  readonly #clock: Clock;
  readonly #containers = new Map<string, Simulated>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(request: ContainerRequest): void {
    const simulated = this.#add(request);
    const { startMs } = simulated.behaviour;
    if (startMs === 0) {
      this.#run(simulated, { pullMs: undefined, ranMs: 0 });
      return;
    }
    request.listener.pulling();
    const run = { pullMs: startMs, ranMs: 0 };
    simulated.next = this.#clock.after(startMs, () => this.#run(simulated, run));
  }

  adopt(request: ContainerRequest, startedAtMs: number): void {
    const ranMs = Math.max(0, this.#clock.now() - startedAtMs);
    this.#run(this.#add(request), { pullMs: undefined, ranMs });
  }

  stop(id: string, graceSeconds: number): void {
    const simulated = this.#containers.get(id);
    if (simulated === undefined) return;
    const { stopMs } = simulated.behaviour;
    const graceMs = graceSeconds * 1000;
    const inTime = stopMs <= graceMs;
    const now = this.#clock.monotonic();
    const stopAtMs = now + (inTime ? stopMs : graceMs);
    if (simulated.stopAtMs !== undefined && simulated.stopAtMs <= stopAtMs) return;
    simulated.stopAtMs = stopAtMs;
    simulated.next?.cancel();
    const exit = inTime ? exitWith(0) : exitWith(killedCode);
    if (stopAtMs === now) this.#end(simulated, exit);
    else simulated.next = this.#clock.after(stopAtMs - now, () => this.#end(simulated, exit));
  }

  remove(id: string): void {
    const simulated = this.#containers.get(id);
    if (simulated !== undefined) this.#forget(simulated);
  }

  #add(request: ContainerRequest): Simulated {
    assert(!this.#containers.has(request.id), `container ${request.id} runs already`);
    const simulated: Simulated = {
      request,
      behaviour: behaviourOf(request.pod, request.container),
      next: undefined,
      readiness: undefined,
      stopAtMs: undefined,
    };
    this.#containers.set(request.id, simulated);
    return simulated;
  }

  #run(simulated: Simulated, how: { pullMs: number | undefined; ranMs: number }): void {
    const { request, behaviour } = simulated;
    simulated.next = undefined;
    request.listener.running(how.pullMs);
    const { runMs, readyMs, exitCode } = behaviour;
    if (runMs !== undefined) {
      const leftMs = Math.max(0, runMs - how.ranMs);
      if (leftMs === 0) {
        this.#end(simulated, exitWith(exitCode));
        return;
      }
      simulated.next = this.#clock.after(leftMs, () => this.#end(simulated, exitWith(exitCode)));
    }
    const unreadyMs = Math.max(0, readyMs - how.ranMs);
    if (unreadyMs === 0) request.listener.ready(true);
    else simulated.readiness = this.#clock.after(unreadyMs, () => request.listener.ready(true));
  }

  #end(simulated: Simulated, exit: ContainerExit): void {
    this.#forget(simulated);
    simulated.request.listener.exited(exit);
  }

  #forget(simulated: Simulated): void {
    simulated.next?.cancel();
    simulated.readiness?.cancel();
    this.#containers.delete(simulated.request.id);
  }
}
