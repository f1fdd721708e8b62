import { deepFreeze } from '../../api/deep.ts';
import { type KubernetesObject, type Mutable, withoutType } from '../../api/meta.ts';
import { messageOf } from '../../api/protobuf/envelope.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { JsonValue } from '../../platform/net/http.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { Decoded } from './kept-values.ts';
import type { ResourceCodec } from './resource-codec.ts';

/**
 * One version of one object: a frozen value and its JSON bytes, both carrying the
 * resourceVersion. Each form is made when first asked for and shared by everyone: the cache,
 * every list, every watcher, every caller in the same process. The bytes as stored are kept, what
 * was made of them for as long as {@link KeptValues} has it.
 */
export class StoredObject<T extends KubernetesObject = KubernetesObject> implements Decoded {
  /** The modRevision; 0 for an object that is not stored (dry run). */
  readonly revision: number;
  readonly #codec: ResourceCodec;
  /** As in the store. Undefined: only the value exists. */
  readonly #stored: Uint8Array | undefined;
  #value: T | undefined;
  /** In place of a value that is not kept: others in this process may have it. */
  #held: WeakRef<T> | undefined;
  /** The codec's epoch in which the value was made. */
  #epoch: number;
  /** False once the value is known to differ from the stored bytes. */
  #asStored = true;
  /** True if the resourceVersion can be put into the stored bytes by copying. */
  #laidOut: boolean;
  /** Parts of the value that selectors asked for. */
  #answers: Record<string, unknown> | undefined;
  #encoded: Uint8Array | undefined;
  #encodedItem: Uint8Array | undefined;
  #message: Uint8Array | undefined;
  isUsed = false;
  isKept = false;
  newer: Decoded | undefined = undefined;
  older: Decoded | undefined = undefined;

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
    const value = this.#value;
    this.isUsed = true;
    return value === undefined || this.#epoch !== this.#codec.epoch ? this.#read() : value;
  }

  #keep(value: T): void {
    this.#value = value;
    this.#held = undefined;
    if (this.#stored !== undefined) this.#codec.kept.add(this);
  }

  /** Stored in another version than the codec writes. */
  get isForeign(): boolean {
    if (this.#stored === undefined || this.#codec.spliceable(this.#stored)) return false;
    return this.value.apiVersion !== apiVersionOf(this.#codec.type);
  }

  get storedBytes(): number {
    return this.#stored?.length ?? 0;
  }

  letGo(): void {
    if (this.#value !== undefined) this.#held = new WeakRef(this.#value);
    this.#value = undefined;
    this.#encoded = undefined;
    this.#encodedItem = undefined;
    this.#message = undefined;
  }

  /** Another version has taken its place: few will ask for its value, and make it again then. */
  superseded(): void {
    if (this.#stored !== undefined) this.#value = undefined;
    this.#codec.kept.remove(this);
  }

  /** Where there are no bytes, the value is all there is. */
  #read(): T {
    const known = this.#value ?? this.#held?.deref();
    const isCurrent = known !== undefined && this.#epoch === this.#codec.epoch;
    this.#epoch = this.#codec.epoch;
    if (this.#stored === undefined) return known!;
    if (isCurrent) {
      this.#keep(known);
      return known;
    }
    this.#encoded = undefined;
    this.#encodedItem = undefined;
    this.#laidOut = this.#codec.spliceable(this.#stored);
    const { value, asStored } = this.#decoded(this.#stored);
    this.#keep(value);
    this.#asStored = asStored;
    return value;
  }

  /** Answers are remembered without the value, so that selectors decode an object only once. */
  ask<R>(part: string, read: (value: T) => R): R {
    const isRemembered = this.#stored !== undefined && this.#codec.settle === undefined;
    if (this.#value !== undefined || !isRemembered) return read(this.value);
    this.#answers ??= {};
    if (!Object.hasOwn(this.#answers, part)) {
      const value = this.#held?.deref() ?? this.#decoded(this.#stored).value;
      this.#answers[part] = read(value);
    }
    return this.#answers[part] as R;
  }

  #decoded(stored: Uint8Array): { readonly value: T; readonly asStored: boolean } {
    const { value, asStored } = this.#codec.decode(stored, String(this.revision));
    return { value: value as T, asStored };
  }

  /** True if these are the bytes in the store. */
  holds(bytes: Uint8Array): boolean {
    return this.#stored !== undefined && Buffer.compare(this.#stored, bytes) === 0;
  }

  /** False if writing the very same value would change what the store holds. */
  get current(): boolean {
    const codec = this.#codec;
    if (codec.settle === undefined) {
      const isOurs = this.#laidOut || codec.foreign === undefined;
      return isOurs || (this.value !== undefined && this.#asStored);
    }
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
    const value = other.#value ?? other.#held?.deref();
    if (other.revision !== this.revision || this.decoded || value === undefined) return;
    this.#epoch = other.#epoch;
    this.#asStored = other.#asStored;
    this.#keep(value);
  }

  /** The same state under another revision: the last state of an object as of its deletion. */
  at(revision: number): StoredObject<T> {
    const own = this.#value ?? this.#held?.deref();
    const value =
      own &&
      deepFreeze({ ...own, metadata: { ...own.metadata, resourceVersion: String(revision) } });
    return new StoredObject<T>(this.#codec, { revision, stored: this.#stored, value });
  }

  /** What somebody is told in place of this, of the same kind and version: stored nowhere. */
  instead(value: Mutable<KubernetesObject>): StoredObject {
    return StoredObject.unstored(this.#codec, value);
  }

  /** True if its bytes are copied from those stored, whatever happens. */
  get isCopied(): boolean {
    return this.#laidOut && this.#codec.settle === undefined;
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

  /** JSON without apiVersion and kind, to be copied where that takes no decoding. */
  asItem(): ItemCopy | Uint8Array {
    if (!this.isCopied) return this.#encodeItem();
    return new ItemCopy(this.#stored!, { start: this.#codec.start, insertion: this.#insertion() });
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
    const message = this.#message ?? messageOf(this.#codec.type, this.value);
    if (this.#keepsForms) this.#message = message;
    return message;
  }

  json(): JsonValue {
    // What cannot be read must fail while there is still a status to say so.
    const value = this.#spliceable ? undefined : this.value;
    return JsonValue.from({ value: () => value ?? this.value, bytes: () => this.bytes() });
  }

  #encode(): Uint8Array {
    const encoded = this.#encoded ?? Buffer.from(jsonText(this.value));
    if (this.#keepsForms) this.#encoded = encoded;
    return encoded;
  }

  get #keepsForms(): boolean {
    return this.isKept || this.#stored === undefined;
  }

  #encodeItem(): Uint8Array {
    const encoded = this.#encodedItem ?? Buffer.from(jsonText(withoutType(this.value)));
    if (this.#keepsForms) this.#encodedItem = encoded;
    return encoded;
  }
}

/** Stored bytes as an item of a list: they begin anew behind apiVersion and kind. */
class ItemCopy {
  readonly byteLength: number;
  readonly #rest: Uint8Array;
  readonly #head: string;

  constructor(
    stored: Uint8Array,
    { start, insertion }: { readonly start: Uint8Array; readonly insertion: string },
  ) {
    this.#head = `{"metadata":{${insertion}`;
    this.#rest = stored.subarray(start.length);
    this.byteLength = this.#head.length + this.#rest.length;
  }

  copyTo(target: Buffer, offset: number): number {
    const at = offset + target.write(this.#head, offset, 'latin1');
    target.set(this.#rest, at);
    return at + this.#rest.length;
  }
}
