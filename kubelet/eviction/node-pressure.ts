/**
 * A node's pressure: looked at with each heartbeat, as often as the kubelet looks. In: what pods
 * and nodes declare to use. Out: conditions of the node, pods that are ended for it, and those
 * that are not let in.
 */
import { tolerated } from '../../api/scheduling/tolerations.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Refusal } from '../admission.ts';
import type { Counter } from '../../platform/metrics/metrics.ts';
import { isCritical, planEviction } from './plan-eviction.ts';
import { type PressedResource, signalOf, type Threshold } from './thresholds.ts';

/** What a node under pressure may do with its pods. */
export interface PressedPods {
  /** Those that run and are not about to end. */
  running(): readonly Pod[];
  evict(pod: Pod, verdict: Refusal, graceSeconds: number): void;
}

export interface NodePressureOptions {
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly nodeName: string;
  readonly capacity: Readonly<Record<string, string>>;
  readonly thresholds: readonly Threshold[];
  readonly latest: () => Node | undefined;
  /** Pods that were ended, by signal. */
  readonly evictions?: Counter | undefined;
}

/** `--eviction-pressure-transition-period`: so long a condition stays when its cause is gone. */
const TRANSITION_MS = 5 * 60_000;
/** pkg/kubelet/eviction: immediateEvictionGracePeriodSeconds. */
export const GRACE_SECONDS = 1;

const conditionTypes: Readonly<Record<PressedResource, string>> = {
  memory: 'MemoryPressure',
  'ephemeral-storage': 'DiskPressure',
};
const reasons: Readonly<Record<string, readonly [on: string, off: string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
};
const memoryTaint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' } as const;

export class NodePressure {
  readonly #options: NodePressureOptions;
  #pods: PressedPods | undefined;
  /** By condition, when it was last met, by the monotonic clock. */
  readonly #metAtMs = new Map<string, number>();

  constructor(options: NodePressureOptions) {
    this.#options = options;
  }

  /** The types of the node's conditions that are true. */
  get conditions(): ReadonlySet<string> {
    return new Set(this.#metAtMs.keys());
  }

  of(pods: PressedPods): void {
    this.#pods = pods;
  }

  /** Looks once, and ends the pods that have to go. */
  look(): void {
    if (this.#pods === undefined) return;
    const { clock, recorder, nodeName: name, thresholds, capacity, latest } = this.#options;
    const node = { kind: 'Node', apiVersion: 'v1', name, uid: name };
    const { pressures, victims } = planEviction({
      thresholds,
      capacity,
      node: latest(),
      pods: this.#pods.running(),
    });
    const now = clock.monotonic();
    for (const { resource } of pressures) {
      const type = conditionTypes[resource];
      if (!this.#metAtMs.has(type)) this.#tell(type, true);
      this.#metAtMs.set(type, now);
      const message = `Attempting to reclaim ${resource}`;
      recorder.record(node, { type: 'Warning', reason: 'EvictionThresholdMet', message });
    }
    for (const [type, atMs] of this.#metAtMs) {
      if (now - atMs < TRANSITION_MS) continue;
      this.#metAtMs.delete(type);
      this.#tell(type, false);
    }
    for (const { pod, resource, message } of victims) {
      this.#options.evictions?.with(signalOf(resource)).add();
      recorder.record(pod, { type: 'Warning', reason: 'Evicted', message });
      this.#pods.evict(pod, { reason: 'Evicted', message, disrupts: true }, GRACE_SECONDS);
    }
  }

  /** Why the node, being pressed, does not let the pod in. */
  refusal(pod: Pod): Refusal | undefined {
    const { conditions } = this;
    if (conditions.size === 0 || isCritical(pod)) return undefined;
    if (conditions.size === 1 && conditions.has('MemoryPressure')) {
      if (pod.status?.qosClass !== 'BestEffort') return undefined;
      if (tolerated(memoryTaint, pod.spec.tolerations)) return undefined;
    }
    const message = `The node had condition: [${[...conditions].join(' ')}]. `;
    return { reason: 'Evicted', message };
  }

  #tell(type: string, isOn: boolean): void {
    const { recorder, nodeName: name } = this.#options;
    const reason = reasons[type]![isOn ? 0 : 1];
    const message = `Node ${name} status is now: ${reason}`;
    const about = { kind: 'Node', apiVersion: 'v1', name, uid: name };
    recorder.record(about, { type: 'Normal', reason, message });
  }
}
