/**
 * What a simulated container does, as its pod's annotations say. All are optional:
 *
 * | annotation | meaning | default |
 * |---|---|---|
 * | `wherry.io/start-seconds` | time its image takes to arrive before it runs | 0 |
 * | `wherry.io/ready-seconds` | time from running to ready | as exec probes say, else their delay |
 * | `wherry.io/run-seconds`   | time from running to its end | for ever; 0 if exit-code is set |
 * | `wherry.io/exit-code`     | with which code it ends | 0 |
 * | `wherry.io/stop-seconds`  | time it takes to end when asked to | 0.25 |
 * | `wherry.io/stop-exit-code` | with which code it then ends | see below |
 * | `wherry.io/unhealthy-after-seconds` | when its liveness probe, if it has one, fails | never |
 * | `wherry.io/log-lines`     | lines besides its start and end | 0; for ever with an interval |
 * | `wherry.io/log-interval-seconds` | time between them | 0: all at its start |
 *
 * They hold for the containers and sidecars of the pod. `<container>.wherry.io/<name>` holds for
 * one container alone and wins. Init containers, which would otherwise never let the pod start,
 * run for 0 seconds and exit with 0 unless annotated by their own name; nor do ephemeral ones
 * hear what is said of the pod. A value that is not a
 * number in range counts as absent. What a container uses is in `api/hollow-usage.ts`.
 *
 * Without an annotation about its end or its log, a container whose whole command is known to the
 * small shell does what that says (`shell/known-commands.ts`).
 *
 * Asked to end in time, a container that restarts whatever comes ends with 0, as servers do, and
 * another with 143, for it has not done its work. One whose command is carried out hears SIGTERM
 * only if it has a trap for it, whose end is then its own; else it ends with 137, as the first
 * process of a container does that is killed, but does not take its whole grace for that.
 *
 * Hooks and probes are in `attendants.ts`, what answers those that go over the network in
 * `network.ts`, images that are missing in `image-pull.ts`.
 */
import type { Container, Pod } from '../../api/types/core-v1.ts';
import { TERMINATED_CODE } from '../process/exits.ts';

export interface Behaviour {
  readonly startMs: number;
  readonly readyMs: number;
  /** Whatever its probes say. */
  readonly isReadyTold: boolean;
  /** Its end or its log is as an annotation says, whatever its command. */
  readonly isTold: boolean;
  /** Undefined: it runs until it is stopped. */
  readonly runMs: number | undefined;
  /** Undefined: its liveness probe, if it has one, never fails. */
  readonly unhealthyMs?: number | undefined;
  readonly exitCode: number;
  readonly stopMs: number;
  /** With which it ends when asked to. */
  readonly stopExitCode: number;
  /** Whatever its command does about it. */
  readonly isStopTold: boolean;
  readonly logLines: number;
  readonly logIntervalMs: number;
}

const DOMAIN = 'wherry.io';
const MAX_SECONDS = 7 * 24 * 3600;
const MAX_LOG_LINES = 1_000_000;
/**
 * A container that ended at once would let a StatefulSet's pod be made anew between two requests
 * of `kubectl delete pod`, which then waits for ever for the new pod of that name to vanish.
 */
const DEFAULT_STOP_SECONDS = 0.25;

function numberIn(text: string | undefined, max: number): number | undefined {
  if (text === undefined || !/^\d{1,9}(\.\d{1,3})?$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

function isInit(pod: Pod, container: Container): boolean {
  return (
    container.restartPolicy !== 'Always' &&
    (pod.spec.initContainers?.some(({ name }) => name === container.name) ?? false)
  );
}

/** It may be newer than what is known of its pod. */
function isEphemeral({ spec }: Pod, { name }: Container): boolean {
  const others = [...spec.containers, ...(spec.initContainers ?? [])];
  return !others.some((each) => each.name === name);
}

/** It restarts whatever comes: ending is nothing that it is for. */
function isToGoOn(pod: Pod, container: Container): boolean {
  if (container.restartPolicy !== undefined) return container.restartPolicy === 'Always';
  const always = (pod.spec.restartPolicy ?? 'Always') === 'Always';
  return always && !isInit(pod, container) && !isEphemeral(pod, container);
}

function probeDelay({ readinessProbe, startupProbe }: Container): number {
  return (startupProbe?.initialDelaySeconds ?? 0) + (readinessProbe?.initialDelaySeconds ?? 0);
}

type Annotations = Readonly<Record<string, string>>;

/** Undefined if none of them is about containers, as of most pods. */
function told(annotations: Annotations = {}): Annotations | undefined {
  for (const name in annotations) if (name.includes(`${DOMAIN}/`)) return annotations;
  return undefined;
}

export function behaviourOf(pod: Pod, container: Container): Behaviour {
  const annotations = told(pod.metadata.annotations);
  const init = isInit(pod, container);
  const own = init || isEphemeral(pod, container);
  const read = (name: string, max: number): number | undefined =>
    annotations === undefined
      ? undefined
      : (numberIn(annotations[`${container.name}.${DOMAIN}/${name}`], max) ??
        (own ? undefined : numberIn(annotations[`${DOMAIN}/${name}`], max)));
  const exitCode = read('exit-code', 255);
  const ends = init || exitCode !== undefined ? 0 : undefined;
  const toldSeconds = read('run-seconds', MAX_SECONDS);
  const runSeconds = toldSeconds ?? ends;
  const unhealthySeconds =
    container.livenessProbe === undefined
      ? undefined
      : read('unhealthy-after-seconds', MAX_SECONDS);
  const toldReady = read('ready-seconds', MAX_SECONDS);
  const readySeconds = toldReady ?? probeDelay(container);
  const stopSeconds = read('stop-seconds', MAX_SECONDS) ?? DEFAULT_STOP_SECONDS;
  const toldStopCode = read('stop-exit-code', 255);
  const toldInterval = read('log-interval-seconds', MAX_SECONDS);
  const toldLines = read('log-lines', MAX_LOG_LINES);
  const logInterval = toldInterval ?? 0;
  const logLines = toldLines ?? (logInterval > 0 ? Infinity : 0);
  return {
    startMs: (read('start-seconds', MAX_SECONDS) ?? 0) * 1000,
    readyMs: readySeconds * 1000,
    isReadyTold: toldReady !== undefined,
    isTold: [toldSeconds, exitCode, toldLines, toldInterval].some((each) => each !== undefined),
    runMs: runSeconds === undefined ? undefined : runSeconds * 1000,
    unhealthyMs: unhealthySeconds === undefined ? undefined : unhealthySeconds * 1000,
    exitCode: Math.floor(exitCode ?? 0),
    stopMs: stopSeconds * 1000,
    stopExitCode: Math.floor(toldStopCode ?? (isToGoOn(pod, container) ? 0 : TERMINATED_CODE)),
    isStopTold: toldStopCode !== undefined,
    logLines: Math.floor(logLines),
    logIntervalMs: logInterval * 1000,
  };
}
