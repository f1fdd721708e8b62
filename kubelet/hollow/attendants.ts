/**
 * Commands beside a simulated container's own: hooks and exec probes. Those that the small shell
 * wholly knows are carried out in the container's simulated files; the others do nothing, and
 * succeed. In a container whose own command is not carried out, a failure counts only if it did
 * not look in vain for what the image, or its programs, may have put there.
 */
import type { Container, Probe } from '../../api/types/core-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Behaviour } from './behaviour.ts';
import type { Probes, ProbeCheck } from '../probes/container-probes.ts';
import { execResult, inTime } from '../probes/probe-check.ts';
import type { SimulatedContainer } from '../shell/container-view.ts';
import type { BesideExit, HollowShell } from '../shell/hollow-shell.ts';

const execProbes = ({ startupProbe, livenessProbe, readinessProbe }: Probes): Probe[] =>
  [startupProbe, livenessProbe, readinessProbe].flatMap((probe) =>
    probe?.exec === undefined ? [] : [probe],
  );

/** Its probes, without those whose outcome an annotation tells. */
export function untold(container: Container, { isReadyTold, unhealthyMs }: Behaviour): Probes {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  return {
    ...(isReadyTold || startupProbe === undefined ? {} : { startupProbe }),
    ...(isReadyTold || readinessProbe === undefined ? {} : { readinessProbe }),
    ...(unhealthyMs !== undefined || livenessProbe === undefined ? {} : { livenessProbe }),
  };
}

/** Whether something may come before it is ready, or tell whether it is. */
export function isAttended(container: Container, behaviour: Behaviour): boolean {
  const { exec, sleep } = container.lifecycle?.postStart ?? {};
  if (exec !== undefined || sleep !== undefined) return true;
  return execProbes(untold(container, behaviour)).length > 0;
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

  constructor(options: AttendantsOptions) {
    this.#options = options;
  }

  /** True unless it failed; resolves when it has ended or the signal aborts. */
  async hook(command: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { exitCode } = await this.#run(command, signal).catch(() => succeeded);
    return exitCode === 0 || signal.aborted;
  }

  /**
   * What can be asked of these: all of them, if any of their commands is known; liveness
   * probes that cannot fail are left out. Undefined: none is known.
   */
  known(probes: Probes): Probes | undefined {
    if (!execProbes(probes).some((probe) => this.#knows(probe))) return undefined;
    const { livenessProbe, ...others } = probes;
    const mayFail = livenessProbe !== undefined && this.#knows(livenessProbe);
    return mayFail ? { ...others, livenessProbe } : others;
  }

  readonly check: ProbeCheck = ({ exec }, limits) =>
    exec === undefined
      ? Promise.resolve({ ok: true, output: '' })
      : inTime(this.#options.clock, limits, (inner) =>
          execResult({ exec: (command, signal) => this.#run(command, signal) }, exec, inner),
        );

  #knows({ exec }: Probe): boolean {
    const { shell, container } = this.#options;
    return exec !== undefined && shell.beside(container, exec.command ?? []) !== undefined;
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
