/** What a probe asks, and the kubelet's words for the answers. */
import type {
  Container,
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  Probe,
  TCPSocketAction,
} from '../../api/types/core-v1.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import { OutgoingAnswerTooLarge } from '../../platform/net/outgoing-http.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ProbeCheck, ProbeLimits } from './container-probes.ts';
import type { ProbeResult } from './probe.ts';

/** The network and the container, as far as probes and hooks touch them. */
export interface ProbeActions {
  /** Stops the command when the signal aborts, and then rejects. Output is cut at a bound. */
  exec(
    command: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly output: string }>;
  readonly http: Pick<OutgoingHttp, 'send'>;
  /** Where a probe goes that names no host. */
  readonly host: string;
  /** Connects and closes; rejects with the system's error (`ECONNREFUSED`). */
  connect(at: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<void>;
  /** The status's name by grpc.health.v1: "SERVING". Rejects if no answer came. */
  grpcHealth(
    at: { readonly host: string; readonly port: number; readonly service: string },
    signal: AbortSignal,
  ): Promise<string>;
  /** Where a port of the container really is. */
  hostPort(port: number): number;
}

/** A probe reads no more of an answer (k8s.io/kubernetes/pkg/probe/http: 10 KiB). */
const MAX_ANSWER_BYTES = 10 * 1024;
const USER_AGENT = 'kube-probe/1.34';

class NoPortError extends Error {}

/** A port by number, or by its name among the container's. */
function portOf(container: Container, port: string | number): number {
  const number = Number(port);
  if (Number.isInteger(number)) return number;
  const named = container.ports?.find(({ name }) => name === port);
  if (named === undefined)
    throw new NoPortError(`couldn't find port: name "${port}" in container ${container.name}`);
  return named.containerPort;
}

const failure = (output: string): ProbeResult => ({ ok: false, output });

/** A redirect counts as a success: it is not followed. */
function byStatus(status: number): ProbeResult {
  if (status >= 200 && status < 400) return { ok: true, output: '' };
  return failure(`HTTP probe failed with statuscode: ${status}`);
}

/** In Go's words, as far as there are any. */
function reasonOf(error: unknown, at: { readonly host: string; readonly port: number }): string {
  const dial = `dial tcp ${at.host}:${at.port}: connect`;
  const { code, message } = error as { code?: string; message: string };
  if (code === 'ECONNREFUSED') return `${dial}: connection refused`;
  if (code === 'EHOSTUNREACH') return `${dial}: no route to host`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${at.host}: no such host`;
  if (code === 'ECONNRESET')
    return `read tcp ${at.host}:${at.port}: read: connection reset by peer`;
  if (message === 'socket hang up') return 'EOF';
  return message;
}

export function httpTarget(container: Container, get: HTTPGetAction, actions: ProbeActions) {
  const scheme = (get.scheme ?? 'HTTP').toLowerCase();
  const host = get.host || actions.host;
  const port = actions.hostPort(portOf(container, get.port));
  const path = get.path === undefined || get.path === '' ? '/' : get.path;
  const url = `${scheme}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  const headers: Record<string, string> = { 'user-agent': USER_AGENT, accept: '*/*' };
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  return { url, host, port, headers };
}

/** Ends what `ask` does by aborting its signal when the time is over; a rejection is a failure. */
export async function inTime(
  clock: Clock,
  { timeoutMs, signal }: ProbeLimits,
  ask: (limits: ProbeLimits) => Promise<ProbeResult>,
): Promise<ProbeResult> {
  const limit = new AbortController();
  const timer = clock.after(timeoutMs, () => limit.abort(new Error('timeout')));
  try {
    return await ask({ signal: AbortSignal.any([signal, limit.signal]), timeoutMs });
  } catch (error) {
    return failure((error as Error).message);
  } finally {
    timer.cancel();
  }
}

export async function execResult(
  actions: Pick<ProbeActions, 'exec'>,
  { command = [] }: ExecAction,
  { signal, timeoutMs }: ProbeLimits,
): Promise<ProbeResult> {
  try {
    const { exitCode, output } = await actions.exec(command, signal);
    return { ok: exitCode === 0, output };
  } catch (error) {
    if (!signal.aborted) throw error;
    const seconds = timeoutMs / 1000;
    return failure(`command timed out: "${command.join(' ')}" timed out after ${seconds}s`);
  }
}

export class ProbeChecker {
  readonly #container: Container;
  readonly #clock: Clock;
  readonly #actions: ProbeActions;

  constructor(container: Container, clock: Clock, actions: ProbeActions) {
    this.#container = container;
    this.#clock = clock;
    this.#actions = actions;
  }

  readonly check: ProbeCheck = (probe, limits) =>
    inTime(this.#clock, limits, (inner) => this.#ask(probe, inner));

  #ask(probe: Probe, limits: ProbeLimits): Promise<ProbeResult> {
    if (probe.exec !== undefined) return execResult(this.#actions, probe.exec, limits);
    if (probe.httpGet !== undefined) return this.#http(probe.httpGet, limits.signal);
    if (probe.tcpSocket !== undefined) return this.#tcp(probe.tcpSocket, limits.signal);
    if (probe.grpc !== undefined) return this.#grpc(probe.grpc, limits);
    return Promise.resolve(failure('missing probe handler'));
  }

  async #http(get: HTTPGetAction, signal: AbortSignal): Promise<ProbeResult> {
    const { url, headers, ...at } = httpTarget(this.#container, get, this.#actions);
    const request = {
      method: 'GET',
      url,
      headers,
      insecureSkipVerify: true,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    };
    try {
      return byStatus((await this.#actions.http.send({ ...request, signal })).status);
    } catch (error) {
      // Nothing is read of it but its status anyway.
      if (error instanceof OutgoingAnswerTooLarge) return byStatus(error.status);
      const why = signal.aborted
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : reasonOf(error, at);
      return failure(`Get "${url}": ${why}`);
    }
  }

  async #tcp({ host, port }: TCPSocketAction, signal: AbortSignal): Promise<ProbeResult> {
    const number = this.#actions.hostPort(portOf(this.#container, port));
    const at = { host: host || this.#actions.host, port: number };
    try {
      await this.#actions.connect(at, signal);
      return { ok: true, output: '' };
    } catch (error) {
      const timedOut = `dial tcp ${at.host}:${at.port}: i/o timeout`;
      return failure(signal.aborted ? timedOut : reasonOf(error, at));
    }
  }

  async #grpc({ port, service = '' }: GRPCAction, limits: ProbeLimits): Promise<ProbeResult> {
    const at = { host: this.#actions.host, port: this.#actions.hostPort(port) };
    try {
      const status = await this.#actions.grpcHealth({ ...at, service }, limits.signal);
      if (status === 'SERVING') return { ok: true, output: '' };
      return failure(`service unhealthy (responded with "${status}")`);
    } catch (error) {
      const where = `${at.host}:${at.port}`;
      const seconds = limits.timeoutMs / 1000;
      return failure(
        limits.signal.aborted || (error as { code?: string }).code === 'ECONNREFUSED'
          ? `timeout: failed to connect service "${where}" within ${seconds}s: ` +
              'context deadline exceeded'
          : `error: health rpc failed: ${(error as Error).message}`,
      );
    }
  }
}
