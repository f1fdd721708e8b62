import type { Container, Probe } from '../../api/types/core-v1.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { ContainerListener } from '../runtime.ts';
import { planOf, ProbeTally, type ProbeKind, type ProbePlan, type ProbeResult } from './probe.ts';

export interface ProbeLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Carries one probe out. Resolves within the timeout or soon after; never rejects. */
export type ProbeCheck = (probe: Probe, limits: ProbeLimits) => Promise<ProbeResult>;

/** Some or all of a container's. */
export type Probes = Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'>;

export interface ContainerProbesOptions {
  readonly container: Probes;
  readonly clock: Clock;
  readonly check: ProbeCheck;
  readonly listener: Pick<ContainerListener, 'started' | 'ready' | 'unhealthy' | 'event'>;
  /** A container that was taken over goes on where its status was. */
  readonly startedAtMs: number;
  readonly started?: boolean;
}

const labels: Readonly<Record<ProbeKind, string>> = {
  startup: 'Startup',
  liveness: 'Liveness',
  readiness: 'Readiness',
};

/**
 * The probes of one run of a container. Until the startup probe has succeeded the others wait;
 * a liveness or startup probe that has failed for good is asked no more: the container is
 * stopped. Without a readiness probe a container is ready once it has started.
 */
export class ContainerProbes {
  readonly #options: ContainerProbesOptions;
  readonly #abort = new AbortController();
  readonly #timers = new Map<ProbeKind, Timer>();
  /** As the readiness probe has told it. */
  #ready: boolean | undefined;

  constructor(options: ContainerProbesOptions) {
    this.#options = options;
  }

  start(): void {
    const { container, listener, started = false } = this.#options;
    if (container.startupProbe !== undefined && !started) {
      listener.started(false);
      this.#run('startup', container.startupProbe);
      return;
    }
    this.#started();
  }

  /** The container is being stopped: it is not to be killed for that, but may become unready. */
  terminating(): void {
    for (const kind of ['startup', 'liveness'] as const) {
      this.#timers.get(kind)?.cancel();
      this.#timers.delete(kind);
    }
    this.#over.add('startup').add('liveness');
  }

  /** Ends checks under way too. */
  stop(): void {
    this.#abort.abort();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  readonly #over = new Set<ProbeKind>();

  #started(): void {
    const { container, listener } = this.#options;
    const { livenessProbe, readinessProbe } = container;
    if (container.startupProbe !== undefined) listener.started(true);
    if (livenessProbe !== undefined) this.#run('liveness', livenessProbe);
    if (readinessProbe !== undefined) this.#run('readiness', readinessProbe);
    else listener.ready(true);
  }

  #run(kind: ProbeKind, probe: Probe): void {
    const { clock, startedAtMs } = this.#options;
    const plan = planOf(probe);
    const tally = new ProbeTally(plan);
    const round = (): void => {
      void this.#round({ kind, probe, plan, tally }).then((goesOn) => {
        if (goesOn) this.#after(kind, plan.periodMs, round);
      });
    };
    this.#after(kind, Math.max(0, startedAtMs + plan.initialDelayMs - clock.now()), round);
  }

  #after(kind: ProbeKind, delayMs: number, round: () => void): void {
    if (this.#abort.signal.aborted || this.#over.has(kind)) return;
    this.#timers.set(kind, this.#options.clock.after(delayMs, round));
  }

  /** One check; false if it was the last. */
  async #round(round: {
    readonly kind: ProbeKind;
    readonly probe: Probe;
    readonly plan: ProbePlan;
    readonly tally: ProbeTally;
  }): Promise<boolean> {
    const { kind, probe, plan, tally } = round;
    const { check, listener } = this.#options;
    const { signal } = this.#abort;
    const { ok, output } = await check(probe, { timeoutMs: plan.timeoutMs, signal });
    if (signal.aborted || this.#over.has(kind)) return false;
    if (!ok) {
      const message = `${labels[kind]} probe failed: ${output}`;
      listener.event({ type: 'Warning', reason: 'Unhealthy', message });
    }
    const verdict = tally.add(ok);
    if (verdict === undefined) return true;
    if (kind === 'readiness') {
      if (verdict !== this.#ready) listener.ready((this.#ready = verdict));
      return true;
    }
    if (!verdict) {
      const { graceSeconds } = plan;
      listener.unhealthy({ probe: kind, ...(graceSeconds === undefined ? {} : { graceSeconds }) });
      return false;
    }
    if (kind === 'liveness') return true;
    this.#started();
    return false;
  }
}
