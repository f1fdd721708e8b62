/**
 * Keeps components running as processes of their own: starts them in order, each when those
 * before it are ready, and starts a process that died again, after a backoff that grows while it
 * keeps dying. What a restarted component listens on stays the same, so that its clients need
 * not be told.
 */
import type { Clock } from '../platform/clock.ts';
import { sleep } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { whenAborted } from '../platform/node/process.ts';
import type { ComponentState } from './run-state.ts';

/** A started process, as the supervisor needs it. */
export interface SupervisedProcess {
  readonly pid: number;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  onMessage(listener: (message: unknown) => void): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** What a component tells its supervisor once it serves. */
export interface ReadyMessage {
  readonly ready: true;
  readonly address?: string;
}

export interface ComponentPlan {
  readonly name: string;
  /** Arguments for the next start; called at each, after what it depends on is ready. */
  args(): readonly string[];
  /** Told the address of the first start, so that `args` can ask for the same port again. */
  onReady?(address: string | undefined): void;
}

export interface SupervisorOptions {
  readonly start: (plan: ComponentPlan) => SupervisedProcess;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after every change, to publish the state. */
  readonly onChange: (components: readonly ComponentState[]) => void;
  /**
   * Aborts when the cluster is told to stop, which `stop` may follow late: nothing is started
   * again from then on, since Ctrl-C in a terminal ends the components, too.
   */
  readonly terminated: AbortSignal;
}

/** How long a component may take to become ready at the first start, and to stop after SIGTERM. */
const READY_MS = 60_000;
const STOP_MS = 10_000;
/**
 * Delay before a start after a death: none the first time, doubling while deaths follow closely.
 */
const BACKOFF_MS = { first: 0, step: 200, max: 10_000 };
/** A process that lived this long starts again without delay. */
const STABLE_MS = 10_000;

interface Supervised {
  readonly plan: ComponentPlan;
  process: SupervisedProcess;
  state: ComponentState;
  backoffMs: number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #components: Supervised[] = [];
  readonly #stop = new AbortController();
  readonly #stopping: AbortSignal;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#stopping = AbortSignal.any([this.#stop.signal, options.terminated]);
  }

  /**
   * Resolves to its state when the component is ready; rejects if it dies or stays silent first,
   * or is not wanted any more.
   */
  async start(plan: ComponentPlan): Promise<ComponentState> {
    const component = this.#launch(plan);
    this.#components.push(component);
    const outcome = await this.#firstOutcome(component);
    if (outcome !== 'ready') throw new Error(`${plan.name} ${outcome}`);
    void this.#keepRunning(component);
    return component.state;
  }

  /** Kills everything softly in reverse order, hard what does not listen. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const component of [...this.#components].reverse()) await this.#end(component.process);
  }

  states(): readonly ComponentState[] {
    return this.#components.map((component) => component.state);
  }

  async #firstOutcome(component: Supervised): Promise<string> {
    const { exited } = component.process;
    const abort = new AbortController();
    try {
      return await Promise.race([
        whenAborted(this.#stopping).then(() => 'was told to stop'),
        this.#whenReady(component).then(() => 'ready'),
        exited.then(({ code, signal }) => `ended with ${howEnded(code, signal)}`),
        sleep(this.#options.clock, READY_MS, abort.signal).then(
          () => `was not ready within ${READY_MS / 1000} s`,
        ),
      ]);
    } finally {
      abort.abort();
    }
  }

  #launch(plan: ComponentPlan, before?: ComponentState): Supervised {
    const child = this.#options.start(plan);
    const state: ComponentState = {
      name: plan.name,
      pid: child.pid,
      startedAt: this.#options.clock.now(),
      restarts: before === undefined ? 0 : before.restarts + 1,
      ready: false,
      ...(before?.address === undefined ? {} : { address: before.address }),
      ...(before?.ended === undefined ? {} : { ended: before.ended }),
    };
    return { plan, process: child, state, backoffMs: BACKOFF_MS.first };
  }

  #whenReady(component: Supervised): Promise<void> {
    return new Promise((resolve) => {
      component.process.onMessage((message) => {
        if (!isReady(message)) return;
        const { address } = message;
        component.state = {
          ...component.state,
          ready: true,
          ...(address === undefined ? {} : { address }),
        };
        component.plan.onReady?.(address);
        this.#changed();
        resolve();
      });
    });
  }

  async #keepRunning(component: Supervised): Promise<void> {
    const { clock, logger } = this.#options;
    const signal = this.#stopping;
    for (;;) {
      const { code, signal: killedBy } = await component.process.exited;
      if (signal.aborted) return;
      const { name, startedAt } = component.state;
      logger.warn({ component: name, code, signal: killedBy }, 'component died; starting it again');
      component.state = { ...component.state, ready: false, ended: howEnded(code, killedBy) };
      this.#changed();
      if (clock.now() - startedAt > STABLE_MS) component.backoffMs = BACKOFF_MS.first;
      await sleep(clock, component.backoffMs, signal);
      if (signal.aborted) return;
      component.backoffMs = Math.min(
        Math.max(BACKOFF_MS.step, component.backoffMs * 2),
        BACKOFF_MS.max,
      );
      const next = this.#launch(component.plan, component.state);
      component.process = next.process;
      component.state = next.state;
      this.#changed();
      void this.#whenReady(component);
    }
  }

  async #end(child: SupervisedProcess): Promise<void> {
    child.kill('SIGTERM');
    const deadline = this.#options.clock.after(STOP_MS, () => child.kill('SIGKILL'));
    await child.exited;
    deadline.cancel();
  }

  #changed(): void {
    this.#options.onChange(this.states());
  }
}

const howEnded = (code: number | null, signal: string | null): string =>
  signal ?? `exit code ${code}`;

function isReady(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'ready' in message;
}
