/**
 * Runs one pod from its arrival on the node to its deletion, and keeps its status in the API
 * server true.
 *
 * The status is computed from the containers' records whenever something moves and written only
 * if it differs from what the server has; a pod whose containers come up at once goes from
 * Pending to Running and ready in one write. Writes carry the resourceVersion they are based
 * on: a pod that an earlier agent already started cannot be started twice because of an old
 * view, the first write would be refused and the pod taken over as it is.
 */
import { deepEqual } from '../api/deep.ts';
import { nameOf, uidOf } from '../api/meta.ts';
import { hostPortsOf } from '../api/scheduling/host-ports.ts';
import { podRequests } from '../api/scheduling/requests.ts';
import { isStatus } from '../api/status.ts';
import { formatTime, parseTime } from '../api/time.ts';
import type { Pod, PodStatus } from '../api/types/core-v1.ts';
import { AssertionError } from '../platform/assert.ts';
import { sleep, type Timer } from '../platform/clock.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Demand, Refusal } from './admission.ts';
import { newRecords, restoreRecords } from './container-record.ts';
import type { PodApi } from './pod-api.ts';
import { PodContainers } from './pod-containers.ts';
import type { PodHost } from './pod-host.ts';
import { planPod } from './pod-plan.ts';
import type { PodFacts } from './pod-facts.ts';
import { isTerminalPhase, phaseOf, podStatus } from './pod-status.ts';
import { laidOver, type StatusOverlay, withOverlay } from './stages/overlay.ts';

const ADDRESS_RETRY_MS = 10_000;
const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 10_000;

export class PodWorker implements Running {
  readonly uid: string;
  readonly demand: Demand;
  readonly #host: PodHost;
  readonly #api: PodApi;
  readonly #abort = new AbortController();
  #pod: Pod;
  #containers: PodContainers;
  #startTime: string;
  #podIp: string | undefined;
  #verdict: Refusal | undefined;
  /** What is to be told of the pod in place of what is computed. */
  #overlay: StatusOverlay | undefined;
  /** The grace in force once the pod is being deleted. */
  #graceSeconds: number | undefined;
  #over = false;
  #deleteSent = false;
  #advancing = false;
  #dirty = false;
  #writing: Promise<void> | undefined;
  #wake: Timer | undefined;
  /** What the server took last, and as which version. */
  #written:
    { readonly status: PodStatus; readonly resourceVersion: string | undefined } | undefined;

  constructor(pod: Pod, host: PodHost, api: PodApi) {
    this.uid = uidOf(pod);
    this.#pod = pod;
    this.#host = host;
    this.#api = api;
    this.demand = { requests: podRequests(pod), hostPorts: hostPortsOf(pod) };
    this.#startTime = pod.status?.startTime ?? formatTime(host.clock.now());
    this.#containers = this.#newContainers();
  }

  /** True while the pod holds its share of the node. */
  get holdsNode(): boolean {
    return !this.#over;
  }

  /** True once it has been told to end. */
  get ending(): boolean {
    return this.#verdict !== undefined || this.#graceSeconds !== undefined;
  }

  /** The pod as the server last told it. */
  get known(): Pod {
    return this.#pod;
  }

  /** The pod with its status as of now, which the server may not have yet. */
  get current(): Pod {
    const pod = this.#pod;
    return isTerminalPhase(pod.status?.phase) ? pod : { ...pod, status: this.#status() };
  }

  /** Begins a new pod, or goes on with one that an earlier agent began. */
  start(): void {
    if (isTerminalPhase(this.#pod.status?.phase)) this.#over = true;
    else if (this.#pod.status?.startTime !== undefined) this.#takeOver();
    else {
      this.#verdict = this.#host.admit(this.#pod, this.demand);
      if (this.#verdict !== undefined)
        this.#host.recorder.record(this.#pod, { type: 'Warning', ...this.#verdict });
    }
    this.update(this.#pod);
    this.#advance();
  }

  /** A state of the same pod; one that is older than what is known changes nothing. */
  update(pod: Pod): void {
    if (pod !== this.#pod && !isNewer(pod, this.#pod)) return;
    this.#observe(pod);
    this.#flush();
  }

  #observe(pod: Pod): void {
    const { activeDeadlineSeconds } = this.#pod.spec;
    this.#pod = pod;
    const isDeadlineNew = pod.spec.activeDeadlineSeconds !== activeDeadlineSeconds;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    if (this.#containers.observe(pod) || isDeadlineNew) this.#advance();
    const shorter =
      this.#graceSeconds === undefined || deletionGracePeriodSeconds < this.#graceSeconds;
    if (deletionTimestamp !== undefined && shorter) {
      this.#graceSeconds = deletionGracePeriodSeconds;
      this.#containers.stop(deletionGracePeriodSeconds);
      this.#advance();
    }
  }

  /** Lays something over the status; a phase, which can only be Failed, ends the pod. */
  lay({ phase, ...overlay }: StatusOverlay): void {
    const { reason = '', message = '' } = overlay as { reason?: string; message?: string };
    const disrupts = reason === 'Evicted';
    if (phase === 'Failed') this.evict({ reason, message, disrupts }, 0);
    this.#overlay = withOverlay(this.#overlay, overlay);
    this.#flush();
  }

  /** Ends the pod before its time: it has failed, for that reason. */
  evict(verdict: Refusal, graceSeconds: number): void {
    if (this.#over || this.#verdict !== undefined) return;
    this.#verdict = verdict;
    this.#containers.stop(graceSeconds);
    this.#advance();
  }

  /** Of the containers that run now, those of that name, or all. */
  runningIds(name?: string): string[] {
    return this.#containers.records.flatMap(({ phase, id, container }) =>
      phase === 'running' && id !== undefined && (name ?? container.name) === container.name
        ? [id]
        : [],
    );
  }

  /** The pod is gone from the API server: so is what ran of it. */
  removed(): void {
    if (this.#graceSeconds === undefined) this.#containers.stop(0);
    this.#end();
  }

  /** Leaves the pod as it is, for the next agent of this node. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake?.cancel();
    this.#containers.leave();
    await this.#writing;
  }

  #newContainers(): PodContainers {
    const { runtime, clock, random, recorder, images } = this.#host;
    const pod = this.#pod;
    const known = pod.status?.startTime !== undefined;
    return new PodContainers({
      pod,
      runtime,
      clock,
      random,
      recorder,
      images,
      records: known ? restoreRecords(pod) : newRecords(pod),
      latest: () => this.#latest(),
      changed: () => this.#advance(),
    });
  }

  /** As last told, with the address that it has by now. */
  #latest(): Pod {
    const pod = this.#pod;
    const podIP = this.#podIp;
    return podIP === undefined ? pod : { ...pod, status: { ...pod.status, podIP } };
  }

  #takeOver(): void {
    const ip = this.#pod.status?.podIP;
    if (ip !== undefined && this.#host.reserveAddress(this.#pod, ip)) this.#podIp = ip;
    this.#containers.adopt();
  }

  #end(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#wake?.cancel();
    this.#containers.remove();
    this.#host.runtime.podGone(this.uid);
    this.#release();
    this.#host.forget(this.uid);
  }

  #release(): void {
    this.#over = true;
    if (this.#podIp !== undefined) this.#host.releaseAddress(this.#pod, this.#podIp);
  }

  /**
   * Does what is to be done now. Containers may move on while it runs; it goes on until none does.
   */
  #advance(): void {
    if (this.#advancing || this.#abort.signal.aborted) return;
    this.#advancing = true;
    this.#wake?.cancel();
    if (!this.#over) {
      const wakeAtMs = this.#step();
      if (wakeAtMs !== undefined) {
        const delayMs = Math.max(0, wakeAtMs - this.#host.clock.now());
        this.#wake = this.#host.clock.after(delayMs, () => this.#advance());
      }
      if (isTerminalPhase(phaseOf(this.#pod, this.#facts()))) this.#release();
    }
    this.#advancing = false;
    this.#flush();
  }

  /** When to look again, in wall-clock milliseconds. */
  #step(): number | undefined {
    if (this.#graceSeconds !== undefined) return undefined;
    const deadlineMs = this.#deadlineMs();
    const now = this.#host.clock.now();
    if (deadlineMs !== undefined && deadlineMs <= now) this.#fail();
    if (this.#verdict !== undefined) return undefined;
    if (!this.#ensureAddress()) return now + ADDRESS_RETRY_MS;
    for (;;) {
      const plan = planPod(this.#pod, this.#containers.records, now);
      for (const i of plan.start) this.#containers.start(i);
      this.#containers.stop(this.#pod.spec.terminationGracePeriodSeconds ?? 30, plan.stop);
      if (plan.start.length === 0) return earlier(plan.wakeAtMs, deadlineMs);
    }
  }

  #deadlineMs(): number | undefined {
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    if (seconds === undefined) return undefined;
    const startMs = parseTime(this.#startTime);
    return startMs === undefined ? undefined : startMs + seconds * 1000;
  }

  #fail(): void {
    if (this.#verdict !== undefined) return;
    this.#verdict = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    this.#host.recorder.record(this.#pod, { type: 'Normal', ...this.#verdict });
    this.#containers.stop(this.#pod.spec.terminationGracePeriodSeconds ?? 30);
  }

  #ensureAddress(): boolean {
    if (this.#podIp !== undefined) return true;
    this.#podIp = this.#host.allocateAddress(this.#pod);
    return this.#podIp !== undefined;
  }

  #status(): PodStatus {
    const facts = this.#facts();
    const status = podStatus(this.#pod, facts);
    const { now } = facts;
    return laidOver(status, this.#overlay, { before: this.#pod.status, now });
  }

  #facts(): PodFacts {
    const { clock, hostIp } = this.#host;
    const refused = this.#verdict;
    const ranNothing = this.#containers.records.every(({ id }) => id === undefined);
    return {
      records: this.#containers.records,
      podIp: this.#podIp,
      hostIp,
      startTime: this.#startTime,
      runtimeName: this.#containers.runtimeName,
      ...(refused === undefined
        ? {}
        : {
            verdict: ranNothing
              ? { reason: refused.reason, message: `Pod was rejected: ${refused.message}` }
              : refused,
          }),
      terminated: this.#graceSeconds !== undefined && !this.#containers.anyUp,
      now: formatTime(clock.now()),
    };
  }

  #flush(): void {
    this.#dirty = true;
    if (this.#advancing || this.#abort.signal.aborted) return;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#dirty) this.#flush();
    });
  }

  async #write(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    // What else happens in this turn goes into the same write.
    await Promise.resolve();
    while (this.#dirty && !this.#abort.signal.aborted) {
      this.#dirty = false;
      try {
        await this.#host.limiter.run(() => this.#writeOnce());
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (error instanceof AssertionError) throw error;
        this.#dirty = true;
        if (isStatus(error, 'NotFound')) this.#end();
        else if (isStatus(error, 'Conflict')) await this.#refresh();
        else {
          this.#host.logger.warn({ err: error, pod: nameOf(this.#pod) }, 'status not written');
          await sleep(this.#host.clock, retryMs, this.#abort.signal);
          retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
        }
      }
    }
  }

  async #writeOnce(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const pod = this.#pod;
    // What ended for good is history: nothing recomputes it, not even an agent that restarted.
    const status = isTerminalPhase(pod.status?.phase) ? pod.status! : this.#status();
    if (!deepEqual(status, pod.status) && !this.#tookAlready(status)) {
      const updated = await this.#api.writeStatus({ ...pod, status });
      this.#written = { status, resourceVersion: updated.metadata.resourceVersion };
      // What was just written needs no second look, unless the watch brought something newer.
      if (isNewer(updated, this.#pod)) this.#observe(updated);
    }
    if (this.#graceSeconds === undefined || this.#containers.anyUp || this.#deleteSent) return;
    await this.#api.delete(pod);
    // Finalizers may keep the object; the agent's part is done.
    this.#deleteSent = true;
  }

  /** A server that stores a status differently from how it was sent must not be asked for ever. */
  #tookAlready(status: PodStatus): boolean {
    return (
      this.#written !== undefined &&
      this.#written.resourceVersion === this.#pod.metadata.resourceVersion &&
      deepEqual(this.#written.status, status)
    );
  }

  /** Somebody else wrote the pod: on with its newest state. */
  async #refresh(): Promise<void> {
    const { clock, logger } = this.#host;
    try {
      const pod = await this.#api.get(this.#pod);
      if (uidOf(pod) !== this.uid) this.#end();
      else if (this.#written === undefined && this.#startedElsewhere(pod)) this.#restart(pod);
      else this.update(pod);
    } catch (error) {
      if (isStatus(error, 'NotFound')) this.#end();
      else {
        logger.warn({ err: error, pod: nameOf(this.#pod) }, 'pod not read');
        await sleep(clock, FIRST_RETRY_MS, this.#abort.signal);
      }
    }
  }

  #startedElsewhere(pod: Pod): boolean {
    return pod.status?.startTime !== undefined && this.#pod.status?.startTime === undefined;
  }

  /** The pod had been started before this agent knew: forget what was started here. */
  #restart(pod: Pod): void {
    this.#containers.remove();
    if (this.#podIp !== undefined) this.#host.releaseAddress(this.#pod, this.#podIp);
    this.#podIp = undefined;
    this.#verdict = undefined;
    this.#over = false;
    this.#pod = pod;
    this.#startTime = pod.status?.startTime ?? this.#startTime;
    this.#containers = this.#newContainers();
    this.start();
  }
}

/** The watch and the answers to writes come by different ways: either may be behind. */
function isNewer(a: Pod, b: Pod): boolean {
  return Number(a.metadata.resourceVersion) > Number(b.metadata.resourceVersion);
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
