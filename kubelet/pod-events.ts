import { nameOf, namespaceOf, uidOf } from '../api/meta.ts';
import type { ObjectReference, Pod } from '../api/types/core-v1.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { ContainerRecord } from './container-record.ts';

/** The events of one container, in the kubelet's words. */
export class ContainerEvents {
  readonly #recorder: EventRecorder;
  readonly #pod: Pod;
  readonly #about: ObjectReference;
  readonly #name: string;
  readonly #image: string;

  constructor(recorder: EventRecorder, pod: Pod, { container, kind }: ContainerRecord) {
    const list = kind === 'regular' ? 'containers' : 'initContainers';
    const { resourceVersion } = pod.metadata;
    this.#recorder = recorder;
    this.#pod = pod;
    this.#name = container.name;
    this.#image = container.image ?? '';
    this.#about = {
      kind: 'Pod',
      apiVersion: 'v1',
      namespace: namespaceOf(pod),
      name: nameOf(pod),
      uid: uidOf(pod),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      fieldPath: `spec.${list}{${container.name}}`,
    };
  }

  pulling(): void {
    this.#normal('Pulling', `Pulling image "${this.#image}"`);
  }

  started(pullMs: number | undefined): void {
    const took = pullMs === undefined ? undefined : `${pullMs / 1000}s`;
    const pulled =
      took === undefined
        ? `Container image "${this.#image}" already present on machine`
        : `Successfully pulled image "${this.#image}" in ${took} (${took} including waiting). ` +
          'Image size: 0 bytes.';
    this.#normal('Pulled', pulled);
    this.#normal('Created', `Created container: ${this.#name}`);
    this.#normal('Started', `Started container ${this.#name}`);
  }

  killing(): void {
    this.#normal('Killing', `Stopping container ${this.#name}`);
  }

  backOff(): void {
    const { name = '', namespace = '', uid = '' } = this.#pod.metadata;
    this.#recorder.record(this.#about, {
      type: 'Warning',
      reason: 'BackOff',
      message:
        `Back-off restarting failed container ${this.#name} ` +
        `in pod ${name}_${namespace}(${uid})`,
    });
  }

  #normal(reason: string, message: string): void {
    this.#recorder.record(this.#about, { type: 'Normal', reason, message });
  }
}
