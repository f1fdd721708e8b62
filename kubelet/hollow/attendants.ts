/**
 * Hooks and probes of a simulated container. Commands that the small shell wholly knows are
 * carried out in the container's simulated files; the others do nothing, and succeed. In a
 * container whose own command is not carried out, a failure counts only if it did not look in
 * vain for what the image, or its programs, may have put there. Those that go over the network are
 * answered by {@link HollowNetwork}.
 */
import type { Container, HTTPGetAction, LifecycleHandler, Probe } from '../../api/types/core-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Behaviour } from './behaviour.ts';
import type { Probes, ProbeCheck } from '../probes/container-probes.ts';
import { httpTarget, type ProbeActions, ProbeChecker } from '../probes/probe-check.ts';
import type { SimulatedContainer } from '../shell/container-view.ts';
import type { BesideExit, HollowShell } from '../shell/hollow-shell.ts';
import { HollowNetwork, isNetworkTold } from './network.ts';

const probesIn = ({ startupProbe, livenessProbe, readinessProbe }: Probes): Probe[] =>
  [startupProbe, livenessProbe, readinessProbe].filter((probe) => probe !== undefined);

/** Its probes, without those whose outcome an annotation tells. */
export function untold(container: Container, { isReadyTold, unhealthyMs }: Behaviour): Probes {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  return {
    ...(isReadyTold || startupProbe === undefined ? {} : { startupProbe }),
    ...(isReadyTold || readinessProbe === undefined ? {} : { readinessProbe }),
    ...(unhealthyMs !== undefined || livenessProbe === undefined ? {} : { livenessProbe }),
  };
}

/**
 * Whether something may come before it is ready, or tell whether it is. `isAnswered`: something may
 * answer over the network.
 */
export function isAttended(
  container: Container,
  behaviour: Behaviour,
  isAnswered: boolean,
): boolean {
  const { exec, sleep, httpGet } = container.lifecycle?.postStart ?? {};
  if (exec !== undefined || sleep !== undefined) return true;
  if (httpGet !== undefined && isAnswered) return true;
  return probesIn(untold(container, behaviour)).some((probe) => isAnswered || probe.exec);
}

export interface AttendantsOptions {
  readonly shell: HollowShell;
  readonly clock: Clock;
  readonly container: SimulatedContainer;
  /** Its own command is carried out: what is in its files is known. */
  readonly isKnown: () => boolean;
}

export class HollowAttendants {
  readonly #options: AttendantsOptions;
  readonly #actions: ProbeActions;
  readonly check: ProbeCheck;

  constructor(options: AttendantsOptions) {
    const { clock, container, isKnown } = options;
    const { request, startedAtMs } = container;
    const { container: own, pod, latest = () => pod } = request;
    this.#options = options;
    const network = new HollowNetwork({
      clock,
      container: own.name,
      startedAtMs,
      isKnown,
      pod: latest,
    });
    this.#actions = Object.assign(network, {
      exec: (command: readonly string[], signal: AbortSignal) => this.#run(command, signal),
    });
    this.check = new ProbeChecker(own, clock, this.#actions).check;
  }

  /** True unless it failed; resolves when it has ended or the signal aborts. */
  async hook({ exec, httpGet }: LifecycleHandler, signal: AbortSignal): Promise<boolean> {
    if (httpGet !== undefined) return this.#requested(httpGet, signal);
    const { exitCode } = await this.#run(exec?.command ?? [], signal).catch(() => succeeded);
    return exitCode === 0 || signal.aborted;
  }

  /**
   * What can be asked of these: all of them, if any of their outcomes is known; liveness
   * probes that cannot fail are left out. Undefined: none is known.
   */
  known(probes: Probes): Probes | undefined {
    if (!probesIn(probes).some((probe) => this.#knows(probe))) return undefined;
    const { livenessProbe, ...others } = probes;
    const mayFail = livenessProbe !== undefined && this.#knows(livenessProbe);
    return mayFail ? { ...others, livenessProbe } : others;
  }

  #knows({ exec }: Probe): boolean {
    const { shell, container, isKnown } = this.#options;
    const { pod, container: own } = container.request;
    if (exec === undefined) return isKnown() || isNetworkTold(pod, own.name);
    return shell.beside(container, exec.command ?? []) !== undefined;
  }

  async #requested(get: HTTPGetAction, signal: AbortSignal): Promise<boolean> {
    const { container } = this.#options.container.request;
    try {
      const { url, headers } = httpTarget(container, get, this.#actions);
      const request = { method: 'GET', url, headers, maxAnswerBytes: 0, signal };
      const { status } = await this.#actions.http.send(request);
      return status >= 200 && status < 400;
    } catch {
      return signal.aborted;
    }
  }

  /** Rejects only when the signal aborts: what an API that does not answer tells is unknown. */
  async #run(command: readonly string[], signal: AbortSignal): Promise<BesideExit> {
    const { shell, container, isKnown } = this.#options;
    try {
      const exit = await shell.beside(container, command)?.(signal);
      if (exit === undefined || (exit.missed && !isKnown())) return succeeded;
      return exit;
    } catch (error) {
      if (signal.aborted) throw error;
      return succeeded;
    }
  }
}

const succeeded: BesideExit = { exitCode: 0, output: '', missed: false };
