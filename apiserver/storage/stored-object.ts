import { deepFreeze } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { messageOf } from '../../api/protobuf/envelope.ts';
import { JsonValue } from '../../platform/http.ts';
import type { ResourceCodec } from './resource-codec.ts';

/**
 * One version of one object: a frozen value and its JSON bytes, both carrying the
 * resourceVersion. Each form is made when first asked for and shared by everyone: the cache,
 * every list, every watcher, every caller in the same process.
 */
export class StoredObject<T extends KubernetesObject = KubernetesObject> {
  /** The modRevision; 0 for an object that is not stored (dry run). */
  readonly revision: number;
  readonly #codec: ResourceCodec;
  /** As in the store. Undefined: only the value exists. */
  readonly #stored: Uint8Array | undefined;
  #value: T | undefined;
  /** In place of the value where values are not kept. */
  #held: WeakRef<T> | undefined;
  /** The codec's epoch in which the value was made. */
  #epoch: number;
  /** False once the value is known to differ from the stored bytes. */
  #asStored = true;
  /** True if the resourceVersion can be put into the stored bytes by copying. */
  #laidOut: boolean;
  #encoded: Uint8Array | undefined;
  #message: Uint8Array | undefined;

  private constructor(
    codec: ResourceCodec,
    from: { revision: number; stored?: Uint8Array | undefined; value?: T | undefined },
  ) {
    this.#codec = codec;
    this.revision = from.revision;
    this.#stored = from.stored;
    if (from.value !== undefined) this.#keep(from.value);
    this.#epoch = codec.epoch;
    this.#laidOut = from.stored !== undefined && codec.spliceable(from.stored);
  }

  /** From the store: decoded only if somebody asks for the value. */
  static fromStore(codec: ResourceCodec, kv: { value: Uint8Array; modRevision: number }) {
    return new StoredObject(codec, { revision: kv.modRevision, stored: kv.value });
  }

  /** Just written: `value` is taken over and becomes the shared, frozen value. */
  static written(
    codec: ResourceCodec,
    from: { stored: Uint8Array; value: Mutable<KubernetesObject>; revision: number },
  ): StoredObject {
    from.value.metadata.resourceVersion = String(from.revision);
    const value = deepFreeze(from.value) as KubernetesObject;
    return new StoredObject(codec, { revision: from.revision, stored: from.stored, value });
  }

  /** Never stored: what a dry run answers. Its resourceVersion is whatever the value says. */
  static unstored(codec: ResourceCodec, value: Mutable<KubernetesObject>): StoredObject {
    return new StoredObject(codec, { revision: 0, value: deepFreeze(value) });
  }

  /** A stored version in another form than the store's. */
  static seen(
    codec: ResourceCodec,
    from: { readonly value: KubernetesObject; readonly revision: number },
  ): StoredObject {
    return new StoredObject(codec, { ...from, value: deepFreeze(from.value) });
  }

  get value(): T {
    const value = this.#value ?? this.#held?.deref();
    return value === undefined || this.#epoch !== this.#codec.epoch ? this.#read(value) : value;
  }

  #keep(value: T): void {
    if (this.#codec.keepsValues || this.#stored === undefined) this.#value = value;
    else this.#held = new WeakRef(value);
  }

  /** Where there are no bytes, the value is all there is. */
  #read(known: T | undefined): T {
    this.#epoch = this.#codec.epoch;
    if (this.#stored === undefined) return known!;
    this.#encoded = undefined;
    this.#laidOut = this.#codec.spliceable(this.#stored);
    const { value, asStored } = this.#codec.decode(this.#stored, String(this.revision));
    this.#keep(value as T);
    this.#asStored = asStored;
    return value as T;
  }

  /** False if writing the very same value would change what the store holds. */
  get current(): boolean {
    if (this.#codec.settle === undefined) return true;
    return this.value !== undefined && this.#asStored && this.#laidOut;
  }

  get #spliceable(): boolean {
    if (this.#codec.settle === undefined) return this.#laidOut;
    return this.#laidOut && this.current;
  }

  /** True once somebody asked for the value: it costs nothing then. */
  get decoded(): boolean {
    return this.#value !== undefined || this.#held?.deref() !== undefined;
  }

  /** Takes over the value that another instance of the same version has already decoded. */
  adopt(other: StoredObject<T>): void {
    if (other.revision !== this.revision || this.decoded) return;
    this.#value = other.#value;
    this.#held = other.#held;
    this.#epoch = other.#epoch;
    this.#asStored = other.#asStored;
  }

  /** The same state under another revision: the last state of an object as of its deletion. */
  at(revision: number): StoredObject<T> {
    const own = this.#value;
    const value =
      own &&
      deepFreeze({ ...own, metadata: { ...own.metadata, resourceVersion: String(revision) } });
    return new StoredObject<T>(this.#codec, { revision, stored: this.#stored, value });
  }

  get byteLength(): number {
    return this.#spliceable
      ? this.#stored!.length + this.#insertion().length
      : this.#encode().length;
  }

  /** Writes {@link byteLength} bytes of JSON at `offset`; returns the offset after them. */
  copyTo(target: Buffer, offset: number): number {
    if (!this.#spliceable) {
      target.set(this.#encode(), offset);
      return offset + this.#encode().length;
    }
    const { start } = this.#codec;
    const insertion = this.#insertion();
    // Whole and further back, then the start again in front: no view of a part is needed.
    target.set(this.#stored!, offset + insertion.length);
    target.set(start, offset);
    target.write(insertion, offset + start.length, 'latin1');
    return offset + insertion.length + this.#stored!.length;
  }

  bytes(): Uint8Array {
    if (!this.#spliceable) return this.#encode();
    const bytes = Buffer.allocUnsafe(this.byteLength);
    this.copyTo(bytes, 0);
    return bytes;
  }

  #insertion(): string {
    return `"resourceVersion":"${this.revision}",`;
  }

  /** As protobuf, without an envelope; its kind has such a form. */
  message(): Uint8Array {
    this.#message ??= messageOf(this.#codec.type, this.value);
    return this.#message;
  }

  json(): JsonValue {
    // What cannot be read must fail while there is still a status to say so.
    const value = this.#spliceable ? undefined : this.value;
    return JsonValue.from({ value: () => value ?? this.value, bytes: () => this.bytes() });
  }

  #encode(): Uint8Array {
    this.#encoded ??= Buffer.from(JSON.stringify(this.value));
    return this.#encoded;
  }
}
