import { nameOf, namespaceOf, uidOf } from '../api/meta.ts';
import type { ObjectReference, Pod } from '../api/types/core-v1.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { ContainerRecord } from './container-record.ts';
import type { ContainerEvent } from './runtime.ts';

const lists: Readonly<Record<ContainerRecord['kind'], string>> = {
  init: 'initContainers',
  sidecar: 'initContainers',
  regular: 'containers',
  ephemeral: 'ephemeralContainers',
};

/** The events of one container, in the kubelet's words. */
export class ContainerEvents {
  readonly #recorder: EventRecorder;
  readonly #pod: Pod;
  readonly #about: ObjectReference;
  readonly #name: string;
  readonly #image: string;

  constructor(recorder: EventRecorder, pod: Pod, { container, kind }: ContainerRecord) {
    const list = lists[kind];
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

  gaveUp(probe: string, restarts: boolean): void {
    const then = restarts ? ', will be restarted' : '';
    this.#normal('Killing', `Container ${this.#name} failed ${probe} probe${then}`);
  }

  redefined(): void {
    this.#normal('Killing', `Container ${this.#name} definition changed, will be restarted`);
  }

  backOff(): void {
    const { name = '', namespace = '', uid = '' } = this.#pod.metadata;
    const where = `in pod ${name}_${namespace}(${uid})`;
    this.#warning('BackOff', `Back-off restarting failed container ${this.#name} ${where}`);
  }

  /** It could not be created or started. */
  failed(message: string): void {
    this.#warning('Failed', `Error: ${message}`);
  }

  record({ about, ...text }: ContainerEvent): void {
    this.#recorder.record(about === 'pod' ? this.#pod : this.#about, text);
  }

  #warning(reason: string, message: string): void {
    this.#recorder.record(this.#about, { type: 'Warning', reason, message });
  }

  #normal(reason: string, message: string): void {
    this.#recorder.record(this.#about, { type: 'Normal', reason, message });
  }
}
