import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { ResourceCodec } from './resource-codec.ts';
import { StoredObject } from './stored-object.ts';

/** A write of this server from its encoding until it is answered. */
export class PendingWrite {
  readonly stored: Uint8Array;
  readonly #codec: ResourceCodec;
  readonly #value: Mutable<KubernetesObject>;
  #object: StoredObject | undefined;

  /** Takes over `value`. */
  constructor(codec: ResourceCodec, value: Mutable<KubernetesObject>) {
    this.#codec = codec;
    this.#value = value;
    this.stored = codec.encode(value);
  }

  /**
   * What an event of the key shows, if it shows this write: these very bytes. Another server may
   * have written the same; then this write fails, and its value is asked for no more.
   */
  seen(kv: { readonly value: Uint8Array; readonly modRevision: number }): StoredObject | undefined {
    if (this.#object !== undefined) return undefined;
    if (kv.value !== this.stored && Buffer.compare(kv.value, this.stored) !== 0) return undefined;
    return this.written(kv.modRevision);
  }

  /** The object this write made at `revision`: the one that its event showed, if it did. */
  written(revision: number): StoredObject {
    if (this.#object?.revision === revision) return this.#object;
    const { stored } = this;
    // The value belongs to the object of one version.
    if (this.#object !== undefined || this.#codec.isUnsettled(this.#value))
      return StoredObject.fromStore(this.#codec, { value: stored, modRevision: revision });
    this.#object = StoredObject.written(this.#codec, { stored, value: this.#value, revision });
    return this.#object;
  }
}
